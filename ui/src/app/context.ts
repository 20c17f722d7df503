/** Gives every component the window's one workspace. */
import { createContext } from "svelte";
import type { Workspace } from "./workspace.svelte";

export const [getWorkspace, setWorkspace] = createContext<Workspace>();
