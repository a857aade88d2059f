/**
 * Put a text on the clipboard. Over plain http there is no clipboard: then what
 * shows the text is selected, so that a person can copy it, and the browser's
 * older way is tried. True where the text has been copied.
 */
export async function copy(text: string, shownIn: Node | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (shownIn) {
      getSelection()?.selectAllChildren(shownIn);
    }
    return copyByEvent(text);
  }
}

/** The text is given to the copy event itself, since a selection does not reach into a shadow root everywhere. */
function copyByEvent(text: string): boolean {
  let isDone = false;
  const give = (event: ClipboardEvent) => {
    if (event.clipboardData) {
      event.clipboardData.setData('text/plain', text);
      event.preventDefault();
      event.stopImmediatePropagation();
      isDone = true;
    }
  };
  document.addEventListener('copy', give, { capture: true });
  try {
    return document.execCommand('copy') && isDone;
  } catch {
    return false;
  } finally {
    document.removeEventListener('copy', give, { capture: true });
  }
}
