import { useState } from "react";
import { Form, Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { problemFrom, type Problem } from "../api/problem";
import { session } from "../api/session";
import { signIn, type Credentials } from "../api/signing";
import { useWatched } from "../api/watched";
import { Button } from "../kit/Button";
import { TextField } from "../kit/Fields";
import { Notice } from "../kit/Notice";
import { useTexts } from "../texts";

const EMPTY: Required<Credentials> = { key: "", email: "", password: "" };

/** The fields to sign in with; the credentials are in this component's memory, and nowhere else. */
export function SignInForm() {
  const t = useTexts().frame;
  const ways = useWatched(session.ways);
  const [way, setWay] = useState("key");
  const [given, setGiven] = useState(EMPTY);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const names = way === "key" ? (["key"] as const) : (["email", "password"] as const);

  const submit = async () => {
    setMissing(true);
    setProblem(null);
    if (names.some((name) => !given[name])) return;
    setBusy(true);
    try {
      await signIn(Object.fromEntries(names.map((name) => [name, given[name]])));
    } catch (error) {
      setProblem(problemFrom(error));
    } finally {
      setBusy(false);
    }
  };
  const field = (name: keyof typeof EMPTY, label: string, required: string) => ({
    label,
    value: given[name],
    onChange: (value: string) => setGiven({ ...given, [name]: value }),
    error: problem?.at(`/${name}`) ?? (missing && !given[name] ? required : undefined),
  });
  const general = problem && !names.some((name) => problem.at(`/${name}`));
  const key = <TextField {...field("key", t.key, t.keyMissing)} type="password" autoComplete="off" autoFocus help={t.keyHelp} />;
  return (
    <Form
      className="stack"
      validationBehavior="aria"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {ways.includes("account") ? (
        <Tabs className="tabs" selectedKey={way} onSelectionChange={(key) => (setWay(String(key)), setMissing(false), setProblem(null))}>
          <TabList aria-label={t.signIn}>
            <Tab id="key">{t.withKey}</Tab>
            <Tab id="account">{t.withAccount}</Tab>
          </TabList>
          <TabPanel id="key">{key}</TabPanel>
          <TabPanel id="account" className="stack">
            <TextField {...field("email", t.email, t.missing)} type="email" autoComplete="username" />
            <TextField {...field("password", t.password, t.missing)} type="password" autoComplete="current-password" />
          </TabPanel>
        </Tabs>
      ) : (
        key
      )}
      {general && <Notice tone="bad">{problem.detail}</Notice>}
      <Button kind="primary" type="submit" isDisabled={busy}>
        {t.signIn}
      </Button>
    </Form>
  );
}

export function SignInPage() {
  const t = useTexts().frame;
  return (
    <main className="sign-in">
      <h1>{t.title}</h1>
      <SignInForm />
    </main>
  );
}
