/** Numbers and times as this system writes them. */

import { lazy } from "./lazy";

const numbers = lazy(() => new Intl.NumberFormat());

/** A count with separators. */
export function count(value: number): string {
  return numbers().format(value);
}

/** A short time: fractions of milliseconds where they say something, else seconds. */
export function milliseconds(value: number): string {
  if (value < 0.05) return "under 0.1 ms";
  if (value < 9.95) return `${Number(value.toFixed(1))} ms`;
  if (value < 1000) return `${Math.round(value)} ms`;
  return `${(value / 1000).toFixed(1)} s`;
}

/** A time that a person waited, in words. */
export function seconds(ms: number): string {
  const whole = Math.max(1, Math.round(ms / 1000));
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

const times = lazy(() => new Intl.DateTimeFormat(undefined, { timeStyle: "short" }));
const moments = lazy(
  () => new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" }),
);

/** The time of day, of milliseconds since the epoch. */
export function time(at: number): string {
  return times().format(at);
}

const days = lazy(() => new Intl.DateTimeFormat(undefined, { dateStyle: "medium" }));

/** The time of day where that was today, else the day. */
export function timeOrDay(at: number, now = new Date()): string {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  return at >= today ? time(at) : days().format(at);
}

/** The day and the time. */
export function moment(at: number): string {
  return moments().format(at);
}
