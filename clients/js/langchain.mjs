// LangChain's @langchain/openai. Run: node langchain.mjs
import { ChatOpenAI, OpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages'
import { z } from 'zod'
import { api, equal, fails, metric, ok, run, stopped } from './scenarios.mjs'

const configuration = { baseURL: api }
const chat = (more = {}) => new ChatOpenAI({ model: 'scripted', apiKey: 'none', maxRetries: 0, configuration, ...more })
const weather = { name: 'weather', description: 'weather', schema: z.object({ city: z.string() }) }

async function text(stream) {
  let out = ''
  for await (const c of stream) out += c.content
  return out
}

await run({
  async 'chat'() {
    const r = await chat().invoke('hello')
    equal([r.content, r.response_metadata.finish_reason], ['hello', 'stop'], 'the answer')
  },
  async 'system and turns'() {
    const r = await chat().invoke([new SystemMessage('x'), new HumanMessage('a'), new AIMessage('b'), new HumanMessage('c')])
    equal([r.content, r.usage_metadata.input_tokens], ['c', 4], 'the answer')
  },
  async 'stream'() {
    equal(await text(await chat().stream('hello world')), 'hello world', 'the answer')
  },
  async 'abort ends the generation'() {
    const before = await metric('generations_cancelled_total')
    const c = new AbortController()
    setTimeout(() => c.abort(), 100)
    await fails(async () => text(await chat().stream('[slow]', { signal: c.signal })))
    await stopped(before)
  },
  async 'leaving the loop ends the generation'() {
    const before = await metric('generations_cancelled_total')
    for await (const c of await chat().stream('[slow]')) if (c.content) break
    await stopped(before)
  },
  async 'stop sequence'() {
    equal((await chat({ stop: ['three'] }).invoke('one two three')).content, 'one two ', 'the answer')
  },
  async 'length'() {
    const r = await chat({ maxTokens: 3 }).invoke('one two three')
    equal([r.content, r.response_metadata.finish_reason], ['one', 'length'], 'the answer')
  },
  async 'usage is the same streamed'() {
    const whole = (await chat().invoke('[long]')).usage_metadata
    let all
    for await (const c of await chat({ streamUsage: true }).stream('[long]')) all = all ? all.concat(c) : c
    equal(all.usage_metadata.total_tokens, whole.total_tokens, 'the usage')
  },
  async 'seed'() {
    equal((await chat({ modelKwargs: { seed: 7 } }).invoke('[seed]')).content, 'seed 7', 'the answer')
  },
  async 'n'() {
    const r = await chat({ n: 2, modelKwargs: { seed: 1 } }).generate([[new HumanMessage('[seed]')]])
    equal(r.generations[0].map((g) => g.text), ['seed 1', 'seed 2'], 'the answers')
  },
  async 'tools'() {
    const m = chat().bindTools([weather])
    const r = await m.invoke('[tool]')
    equal(r.tool_calls.map((c) => [c.name, c.args.city]), [['weather', '北京'], ['weather', '上海']], 'the calls')
    const next = await chat().invoke([new HumanMessage('[tool]'), r, ...r.tool_calls.map((c) => new ToolMessage({ tool_call_id: c.id, content: 'sunny' }))])
    equal(next.content, 'sunny', 'the answer')
  },
  async 'tools streamed'() {
    let all
    for await (const c of await chat().bindTools([weather]).stream('[tool]')) all = all ? all.concat(c) : c
    equal(all.tool_calls.map((c) => c.args.city), ['北京', '上海'], 'the calls')
  },
  async 'response format'() {
    const r = await chat().withStructuredOutput(z.object({ name: z.string(), n: z.number() }), { method: 'jsonSchema' }).invoke('[json]')
    equal(r, { name: '飞轮', n: 7 }, 'the object')
  },
  async 'logprobs'() {
    const r = await chat({ logprobs: true, topLogprobs: 2 }).invoke('你')
    equal(r.response_metadata.logprobs.content[0].token, '你', 'the token')
  },
  async 'embeddings'() {
    const e = new OpenAIEmbeddings({ model: 'scripted', apiKey: 'none', configuration, maxRetries: 0 })
    equal((await e.embedQuery('abc')).length, 32, 'the length')
    equal((await e.embedDocuments(['a', 'b', 'c'])).length, 3, 'the number')
  },
  async 'completions'() {
    const m = new OpenAI({ model: 'scripted', apiKey: 'none', configuration, maxRetries: 0, maxTokens: 20 })
    equal(await m.invoke('hello'), 'hello', 'the text')
    let out = ''
    for await (const c of await m.stream('hello')) out += c
    equal(out, 'hello', 'the stream')
  },
  async 'responses'() {
    const r = await chat({ useResponsesApi: true }).invoke('hello')
    equal(r.text, 'hello', 'the answer')
    let out = ''
    for await (const c of await chat({ useResponsesApi: true }).stream('hello world')) out += c.text
    equal(out, 'hello world', 'the stream')
  },
  async 'errors'() {
    equal((await fails(() => chat({ temperature: 9 }).invoke('x'))).status, 400, 'the status of a bad request')
    equal((await fails(() => chat().invoke('[401]'))).status, 401, 'the status of a bad key')
    equal((await fails(() => chat({ model: 'gpt-4' }).invoke('x'))).status, 404, 'the status of no such model')
    equal((await fails(() => chat().invoke('[429]'))).status, 429, 'the status of too many')
    ok(/context/.test((await fails(() => chat().invoke('x'.repeat(9000)))).message), 'no word of the context')
  },
  async 'error in the middle of a stream'() {
    ok(/model server/.test((await fails(async () => text(await chat().stream('[break]')))).message), 'another message')
  },
  async 'Chinese'() {
    equal(await text(await chat().stream('[zh]')), '飞轮是一个从爬取到聊天的完整程序。🚀👩‍🚀', 'the answer')
  },
  async 'two streams at once'() {
    const [a, b] = await Promise.all(['[long]', 'first second'].map(async (q) => text(await chat().stream(q))))
    ok(a.endsWith('第99句。'), `a ends ${a.slice(-20)}`)
    equal(b, 'first second', 'b')
  },
})
