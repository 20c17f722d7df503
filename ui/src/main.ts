/** The page's entry: loads the theme and mounts the app. */
import "./theme/fonts.css";
import "./theme/tokens.css";
import { mount } from "svelte";
import App from "./App.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("index.html has no element with the id app");

mount(App, { target });
