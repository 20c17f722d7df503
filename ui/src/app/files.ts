/** Files that the person sends along: which can be, and how they travel. */
import type { Backend } from "../backend/backend";
import type { Attachment } from "../backend/generated";
import { chatStrings } from "../strings/chat";

/** The most bytes of one file; providers refuse larger ones. */
const LARGEST = 10 * 1024 * 1024;
/** How many bytes say what a file is; whole groups of base64. */
const HEAD = 3 * 1024;

/**
 * Reads a file; rejects with words for the person when it cannot be sent. What it is is told from
 * its bytes, since providers refuse one whose name says otherwise.
 */
export async function attachment(file: File, backend: Backend): Promise<Attachment> {
  if (file.size > LARGEST) throw new Error(chatStrings.fileTooLarge(file.name));
  const bytes = await read(file);
  const sendable = await backend.sendableType(base64(bytes.subarray(0, HEAD)));
  if (sendable !== null) {
    return { name: file.name, mediaType: sendable, text: base64(bytes), base64: true };
  }
  const text = decode(bytes);
  if (text === null) throw new Error(chatStrings.fileUnreadable(file.name));
  const mediaType = file.type === "" ? "text/plain" : file.type;
  return { name: file.name, mediaType, text, base64: false };
}

/** A text as a file; throws words for the person when it is too long to be sent. */
export function textFile(name: string, text: string): Attachment {
  if (text.length > LARGEST) throw new Error(chatStrings.fileTooLarge(name));
  return { name, mediaType: "text/plain", text, base64: false };
}

function read(file: File): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(new Uint8Array(reader.result as ArrayBuffer));
    reader.onerror = () => reject(new Error(chatStrings.fileUnreadable(file.name)));
    reader.readAsArrayBuffer(file);
  });
}

/** The text of a file, or null when it is none. */
function decode(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}

function base64(bytes: Uint8Array): string {
  // In pieces, since an engine takes only so many arguments at once.
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += 0x8000) {
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  }
  return btoa(pieces.join(""));
}
