/** The words of tools at work: what a person is asked, and what they can do about it. */

export const toolStrings = {
  approval: (title: string) => `Allow “${title}”?`,
  from: (server: string) =>
    server === "" ? "one of Tacet's own tools" : `from the server ${server}`,
  command: "Command",
  host: "From",
  folder: "In the folder",
  environment: (withheld: readonly string[]) =>
    withheld.length === 0
      ? "With all environment variables of Tacet"
      : `With the environment variables of Tacet, without ${withheld.join(", ")}`,
  change: "Change",
  arguments: "Arguments",
  once: "Allow once",
  conversation: "Allow in this conversation",
  conversationHost: (host: string) => `Allow ${host} in this conversation`,
  always: "Always allow",
  alwaysProgram: (program: string) => `Always allow ${program}`,
  deny: "Don't allow",
  notExecuted: "Not executed",
  late: "This question was closed already. Nothing was run.",
  asks: (server: string) => `Question from the server “${server}”`,
  noSecrets: "What you enter goes to this server. Don't enter passwords here.",
  opensPage: "It asks you to open this page in your browser:",
  openPage: "Open page",
  finishPage: "Continue here when you have finished on this page:",
  pageDone: "Continue",
  openPageAgain: "Open again",
  send: "Send",
  decline: "Decline",
  closeQuestion: "Close without answering",
  required: "required",
  noChoice: "No choice",
  closedAlready: "This question was closed already. Nothing was sent.",
  stopTool: "Stop this tool",
  runsOn: "Its server still works on it",
  taskEnded: (server: string, ms: number) =>
    `The server “${server}” has ended what it still worked on (${String(ms)} ms).`,
  taskMayGoOn: (server: string, told: boolean) =>
    told
      ? `The server “${server}” was told to end what it still worked on, and has not said that it did. It may go on.`
      : `The server “${server}” could not be told to end what it still worked on. It may go on.`,
  stopAfterStep: "Stop after this step",
  stopsAfterStep: "Stops after this step",
  progressOf: (done: number, total: number | null, message: string | null) => {
    const amount = total === null ? String(done) : `${String(done)} of ${String(total)}`;
    return message === null ? amount : `${message} (${amount})`;
  },
  result: (tool: string) => `Result of ${tool}`,
  running: (tool: string) => `Output of ${tool} so far`,
  noWords: "Nothing came.",
  image: (mediaType: string) => `Image from the tool (${mediaType})`,
  audio: (mediaType: string) => `Sound (${mediaType}), not played`,
  resource: "Resource",
  structured: "Data",
  stepLimit: (steps: number) =>
    `The model has taken ${String(steps)} steps and wants to go on. Each further step is a request of its own.`,
  goOn: "Continue",
  endHere: "End here",
};
