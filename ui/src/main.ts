/** The page's entry: loads the theme and mounts the app. */
import "./theme/fonts.css";
import "./theme/tokens.css";
import "./theme/controls.css";
import "temml/dist/Temml-Local.css";
import "./markdown/markdown.css";
import "./markdown/formula.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { selectBackend } from "./backend/select";

const target = document.getElementById("app");
if (!target) throw new Error("index.html has no element with the id app");

mount(App, { target, props: { connect: selectBackend } });
