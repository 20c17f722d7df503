/** The entry of the page that stands in place of the conversations when they cannot be shown. */
import "./theme/fonts.css";
import "./theme/tokens.css";
import "./theme/controls.css";
import { mount } from "svelte";
import { failureBackend } from "./backend/failure";
import FailurePage from "./features/failure/FailurePage.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("failure.html has no element with the id app");

mount(FailurePage, { target, props: { backend: failureBackend } });
