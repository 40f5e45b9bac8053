import { Button as Pressed, type ButtonProps } from "react-aria-components";

interface Props extends Omit<ButtonProps, "className"> {
  kind?: "plain" | "primary" | "danger" | "quiet";
  className?: string;
}

export const Button = ({ kind = "plain", className = "", ...props }: Props) => (
  <Pressed {...props} className={`button ${kind} ${className}`.trim()} />
);
