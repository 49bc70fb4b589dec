// Vercel's AI SDK with @ai-sdk/openai-compatible. Run: node ai.mjs ai6 compat2
import { api, equal, fails, metric, ok, run, stopped } from './scenarios.mjs'
import { z } from 'zod'

const { embedMany, embed, generateObject, generateText, jsonSchema, streamText, tool, stepCountIs } = await import(process.argv[2])
const { createOpenAICompatible } = await import(process.argv[3])
globalThis.AI_SDK_LOG_WARNINGS = false
const provider = createOpenAICompatible({ name: 'feilun', baseURL: api, apiKey: 'none', includeUsage: true, supportsStructuredOutputs: true })
const model = provider('scripted')
const quiet = { maxRetries: 0, onError() {} }
const weather = { weather: tool({ description: 'weather', inputSchema: jsonSchema({ type: 'object', properties: { city: { type: 'string' } } }) }) }

await run({
  async 'chat'() {
    const r = await generateText({ model, prompt: 'hello', ...quiet })
    equal([r.text, r.finishReason], ['hello', 'stop'], 'the answer')
  },
  async 'system and turns'() {
    const r = await generateText({ model, system: 'be brief', messages: [{ role: 'user', content: 'a' }, { role: 'assistant', content: 'b' }, { role: 'user', content: [{ type: 'text', text: 'c' }] }], ...quiet })
    equal([r.text, r.usage.inputTokens], ['c', 11], 'the answer')
  },
  async 'stream'() {
    const r = streamText({ model, prompt: 'hello world', ...quiet })
    let out = ''
    for await (const t of r.textStream) out += t
    equal([out, await r.finishReason], ['hello world', 'stop'], 'the answer')
  },
  async 'abort ends the generation'() {
    const before = await metric('generations_cancelled_total')
    const c = new AbortController()
    const r = streamText({ model, prompt: '[slow]', abortSignal: c.signal, ...quiet })
    for await (const _ of r.textStream) {
      c.abort()
      break
    }
    await stopped(before)
  },
  async 'stop sequence'() {
    equal((await generateText({ model, prompt: 'one two three', stopSequences: ['three'], ...quiet })).text, 'one two ', 'the answer')
  },
  async 'length'() {
    const r = await generateText({ model, prompt: 'one two three', maxOutputTokens: 3, ...quiet })
    equal([r.text, r.finishReason], ['one', 'length'], 'the answer')
  },
  async 'usage is the same streamed'() {
    const whole = (await generateText({ model, prompt: '[long]', ...quiet })).usage
    const r = streamText({ model, prompt: '[long]', ...quiet })
    for await (const _ of r.textStream);
    const streamed = await r.usage
    equal([streamed.inputTokens, streamed.outputTokens], [whole.inputTokens, whole.outputTokens], 'the usage')
    ok(whole.outputTokens > 100, 'no usage')
  },
  async 'seed'() {
    equal((await generateText({ model, prompt: '[seed]', seed: 7, ...quiet })).text, 'seed 7', 'the answer')
  },
  async 'tools'() {
    const r = await generateText({ model, prompt: '[tool]', tools: weather, ...quiet })
    equal([r.finishReason, r.toolCalls.map((c) => c.input.city)], ['tool-calls', ['北京', '上海']], 'the calls')
  },
  async 'tools streamed'() {
    const r = streamText({ model, prompt: '[tool]', tools: weather, ...quiet })
    for await (const _ of r.fullStream);
    equal([await r.finishReason, (await r.toolCalls).map((c) => c.input.city)], ['tool-calls', ['北京', '上海']], 'the calls')
  },
  async 'a tool that is run'() {
    const tools = { weather: tool({ inputSchema: z.object({ city: z.string() }), execute: async ({ city }) => city + ' sunny' }) }
    const r = await generateText({ model, prompt: '[tool]', tools, stopWhen: stepCountIs(2), ...quiet })
    equal([r.steps.length, r.steps[0].toolResults.map((t) => t.output)], [2, ['北京 sunny', '上海 sunny']], 'the results')
  },
  async 'response format'() {
    const r = await generateObject({ model, prompt: '[json]', schema: z.object({ name: z.string(), n: z.number() }), ...quiet })
    equal(r.object, { name: '飞轮', n: 7 }, 'the object')
  },
  async 'embeddings'() {
    const m = provider.embeddingModel ? provider.embeddingModel('scripted') : provider.textEmbeddingModel('scripted')
    equal((await embed({ model: m, value: 'abc', maxRetries: 0 })).embedding.length, 32, 'the length')
    equal((await embedMany({ model: m, values: ['a', 'b', 'c'], maxRetries: 0 })).embeddings.length, 3, 'the number')
  },
  async 'error 400'() {
    const e = await fails(() => generateText({ model, prompt: 'x', temperature: 9, ...quiet }))
    equal(e.statusCode, 400, 'the status')
    ok(/temperature/.test(e.message), `message ${e.message}`)
  },
  async 'error 401'() {
    equal((await fails(() => generateText({ model, prompt: '[401]', ...quiet }))).statusCode, 401, 'the status')
  },
  async 'error 404'() {
    equal((await fails(() => generateText({ model: provider('gpt-4'), prompt: 'x', ...quiet }))).statusCode, 404, 'the status')
  },
  async 'error 429 is tried again'() {
    const e = await fails(() => generateText({ model, prompt: '[429]', maxRetries: 1 }))
    equal([e.reason, e.lastError.statusCode], ['maxRetriesExceeded', 429], 'the error')
  },
  async 'context overflow is an error'() {
    const e = await fails(() => generateText({ model, prompt: 'x'.repeat(9000), ...quiet }))
    ok(e.statusCode === 400 && /context/.test(e.message), `error ${e.message}`)
  },
  async 'error in the middle of a stream'() {
    const parts = []
    for await (const p of streamText({ model, prompt: '[break]', ...quiet }).fullStream) parts.push(p.type)
    ok(parts.includes('error'), `parts ${parts}`)
  },
  async 'Chinese'() {
    const r = streamText({ model, prompt: '[zh]', ...quiet })
    equal(await r.text, '飞轮是一个从爬取到聊天的完整程序。🚀👩‍🚀', 'the answer')
  },
  async 'two streams at once'() {
    const [a, b] = await Promise.all(['[long]', 'first second'].map((prompt) => streamText({ model, prompt, ...quiet }).text))
    ok(a.endsWith('第99句。'), `a ends ${a.slice(-20)}`)
    equal(b, 'first second', 'b')
  },
  async 'reasoning'() {
    const r = streamText({ model, prompt: '[reason]', ...quiet })
    let out = ''
    for await (const p of r.fullStream) if (p.type === 'reasoning-delta') out += p.text
    equal([out, await r.text], ['let me think', 'thought'], 'the answer')
  },
})
