import type { z } from 'zod'
import type { Actor } from '../core/actor.ts'

// Node has no Symbol.metadata yet; without it decorators register nothing, silently.
;(Symbol as { metadata?: symbol }).metadata ??= Symbol.for('Symbol.metadata')

/** Of this contract between tools and whoever calls them: names, envelopes, annotations. */
export const CONTRACT_VERSION = 1

/** What a tool shows beside its text: an image, or bytes that were asked for. `data` is base64. */
export interface Attachment {
  readonly type: 'image'
  readonly data: string
  readonly mimeType: string
}

export interface ToolContext {
  readonly signal: AbortSignal
  readonly actor: Actor
  /** Work done so far, and of how much if that is known; numbers that do not rise are dropped. */
  readonly progress: (done: number, total?: number, message?: string) => void
  readonly attach: (attachment: Attachment) => void
}

/**
 * What a call does to the world. read: nothing. write: what it replaces is kept, so it can be undone. destructive: something
 * is lost for good.
 */
export type Effect = 'read' | 'write' | 'destructive'

/** Something outside that a tool cannot do without; while it is absent the tool answers SERVICE_UNAVAILABLE. */
export type Need = 'ipfs' | 'cluster' | 'content' | 'journal'

export interface ToolSpec<I extends z.ZodObject, O extends z.ZodObject> {
  readonly name: string
  readonly title: string
  /** One sentence for a model; begins with a verb. */
  readonly description: string
  readonly effect: Effect
  readonly input: I
  readonly output: O
  /** Of this tool's own contract; 1 unless it has changed. */
  readonly version?: number
  /** Part of the default toolset `core`. */
  readonly core?: boolean
  /** Loaded by hosts that defer tools (`anthropic/alwaysLoad`). */
  readonly alwaysLoad?: boolean
  /** True if the same call twice is the same as once. Reads are. */
  readonly idempotent?: boolean
  /** True if the call can reach the network. */
  readonly openWorld?: boolean
  readonly needs?: readonly Need[]
  /** Makes the result text-first: what a model reads instead of the output's JSON. */
  text?(output: z.output<O>): string
}

type Method<I extends z.ZodObject, O extends z.ZodObject> = (input: z.output<I>, context: ToolContext) => Promise<z.input<O>>

export interface RegisteredTool extends ToolSpec<z.ZodObject, z.ZodObject> {
  readonly method: string
}

const TOOLS = Symbol('tools')

/** Marks a public, asynchronous instance method as a tool; any other use, or a method with other types, fails to compile. */
export function tool<I extends z.ZodObject, O extends z.ZodObject>(spec: ToolSpec<I, O>) {
  return <This, F extends Method<I, O>>(_: F, context: ClassMethodDecoratorContext<This, F> & { name: string; static: false; private: false }): void =>
    remember(context.metadata, { ...spec, method: context.name })
}

/** The same for a class of plain JavaScript, which has no decorators. */
export function declare(type: ToolsetClass, method: string, spec: ToolSpec<z.ZodObject, z.ZodObject>): void {
  if (!Object.hasOwn(type, Symbol.metadata)) Object.defineProperty(type, Symbol.metadata, { value: Object.create(type[Symbol.metadata] ?? null) })
  remember(type[Symbol.metadata] ?? {}, { ...spec, method })
}

type ToolsetClass = abstract new (...services: never[]) => unknown

/** In a list of the class's own, so that a subclass does not write into its base's. */
function remember(metadata: DecoratorMetadataObject, registered: RegisteredTool): void {
  if (!Object.hasOwn(metadata, TOOLS)) metadata[TOOLS] = []
  ;(metadata[TOOLS] as RegisteredTool[]).push(registered)
}

/** The tools that a class declares, in the order of its methods. */
export function toolsOf(type: ToolsetClass): readonly RegisteredTool[] {
  return (type[Symbol.metadata]?.[TOOLS] as RegisteredTool[] | undefined) ?? []
}
