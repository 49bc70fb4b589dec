/** What a key event tells; a part of KeyboardEvent. */
export interface Pressed { key: string; keyCode: number; isComposing: boolean; shiftKey: boolean }

/**
 * Whether a key sends the message. Enter that takes a suggestion of an input method does not: browsers say so by isComposing, old ones
 * by keyCode 229 alone, and Safari, which ends the composition before the key, by keyCode 229 after it.
 */
export const sends = (e: Pressed, composing: boolean) => e.key === "Enter" && !e.shiftKey && !e.isComposing && !composing && e.keyCode !== 229;
