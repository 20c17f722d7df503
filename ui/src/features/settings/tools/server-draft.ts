/** A server as its form holds it, and as it is saved. */
import type { ToolServerDraft, ToolServerView } from "../../../backend/generated";
import { savedValues, valuesOf, type ValueField } from "../values";

export interface ServerFields {
  name: string;
  reach: "program" | "address";
  command: string;
  /** One per line. */
  args: string;
  cwd: string;
  url: string;
  env: ValueField[];
  headers: ValueField[];
  clientId: string;
  clientSecret: string;
  /** Whether a secret is saved that an empty field leaves as it is. */
  clientSecretSaved: boolean;
}

export function fieldsOf(server: ToolServerView | null): ServerFields {
  return {
    name: server?.name ?? "",
    reach: server?.url === null || server === null ? "program" : "address",
    command: server?.command ?? "",
    args: server?.args.join("\n") ?? "",
    cwd: server?.cwd ?? "",
    url: server?.url ?? "",
    env: savedValues(server?.env ?? []),
    headers: savedValues(server?.headers ?? []),
    clientId: server?.clientId ?? "",
    clientSecret: "",
    clientSecretSaved: server?.hasClientSecret ?? false,
  };
}

export function draftOf(fields: ServerFields): ToolServerDraft {
  const name = fields.name.trim();
  const nothing = {
    ...{ command: null, args: [], env: {}, cwd: null, url: null, headers: {} },
    ...{ clientId: null, clientSecret: null },
  };
  if (fields.reach === "address") {
    const clientId = fields.clientId.trim();
    const kept = fields.clientSecretSaved && fields.clientSecret === "";
    return {
      ...nothing,
      name,
      url: fields.url.trim(),
      headers: valuesOf(fields.headers),
      clientId: clientId === "" ? null : clientId,
      clientSecret: kept ? null : fields.clientSecret.trim(),
    };
  }
  return {
    ...nothing,
    name,
    command: fields.command.trim(),
    args: fields.args.split("\n").filter((argument) => argument !== ""),
    cwd: fields.cwd.trim() === "" ? null : fields.cwd.trim(),
    env: valuesOf(fields.env),
  };
}
