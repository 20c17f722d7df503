// The conformance suite imports a function of Node 22 that its scenarios for clients never call. With
// this (`node --import`) it starts on Node 20 as well.
import { register } from "node:module";

const fs = `
  export * from "node:fs";
  export const globSync = () => {
    throw new Error("globSync needs Node 22");
  };`;
const hooks = `
  export async function resolve(specifier, context, next) {
    if (specifier !== "fs" || !context.parentURL?.includes("/@modelcontextprotocol/conformance/"))
      return next(specifier, context);
    return { url: ${JSON.stringify(`data:text/javascript,${encodeURIComponent(fs)}`)}, shortCircuit: true };
  }`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
