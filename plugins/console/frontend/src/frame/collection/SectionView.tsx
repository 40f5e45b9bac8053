import { JsonView } from "../../kit/JsonView";
import { useTexts } from "../../texts";
import type { Section } from "../panels";
import { at } from "./reading";
import { Value } from "./Value";

const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === "" || (typeof value === "object" && !Object.keys(value).length);

/** A part of an item's page; nothing where there is nothing. */
export function SectionView({ section, value }: { section: Section; value: unknown }) {
  if (isEmpty(value)) return null;
  return (
    <section className="stack">
      <h2>{section.title}</h2>
      <Inside section={section} value={value} />
    </section>
  );
}

function Inside({ section, value }: { section: Section; value: unknown }) {
  if (section.kind === "text") return <pre className="card code">{typeof value === "string" ? value : JSON.stringify(value, null, 2)}</pre>;
  if (section.kind === "table" && Array.isArray(value)) return <Rows section={section} rows={value} />;
  if (section.kind === "changes" && Array.isArray(value)) return <Changes rows={value} />;
  const document = typeof value === "string" ? parsed(value) : value;
  if (typeof document === "string") return <pre className="card code">{document}</pre>;
  return (
    <div className="card">
      <JsonView value={document} label={section.title} />
    </div>
  );
}

/** What a text with JSON in it holds; any other text is itself. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function Rows({ section, rows }: { section: Section; rows: unknown[] }) {
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={section.title}>
      <table className="table">
        <thead>
          <tr>
            {section.columns.map((column) => (
              <th key={column.pointer} scope="col">
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {section.columns.map((column) => (
                <td key={column.pointer}>
                  <Value value={at(row, column.pointer)} column={column} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Changes({ rows }: { rows: unknown[] }) {
  const t = useTexts().lists;
  const shown = (value: unknown) => (value === undefined || value === null ? <span className="quiet-text">–</span> : <code>{typeof value === "string" ? value : JSON.stringify(value)}</code>);
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={t.changed}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t.changed}</th>
            <th scope="col">{t.before}</th>
            <th scope="col">{t.after}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              <td>
                <code>{String(at(row, "/pointer") ?? "")}</code>
              </td>
              <td>{shown(at(row, "/before"))}</td>
              <td>{shown(at(row, "/after"))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
