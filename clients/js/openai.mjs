// The npm package openai. Run: node openai.mjs openai6
import { api, equal, fails, metric, ok, run, stopped } from './scenarios.mjs'

const { default: OpenAI } = await import(process.argv[2])
const client = new OpenAI({ baseURL: api, apiKey: 'none', maxRetries: 0 })
const model = 'scripted'
const ask = (content, more = {}) => client.chat.completions.create({ model, messages: [{ role: 'user', content }], ...more })
const weather = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }]

async function text(stream) {
  let out = ''
  for await (const c of stream) out += c.choices[0]?.delta?.content ?? ''
  return out
}

await run({
  async 'list models'() {
    const ids = []
    for await (const m of client.models.list()) ids.push(m.id)
    equal(ids, [model], 'the list')
  },
  async 'retrieve model'() {
    equal((await client.models.retrieve(model)).object, 'model', 'the object')
  },
  async chat() {
    const r = await ask('hello')
    equal(r.choices[0].message.content, 'hello', 'the answer')
    equal(r.choices[0].finish_reason, 'stop', 'the finish')
    ok(r._request_id?.startsWith('req_'), 'no request id')
  },
  async 'stream with the iterator'() {
    const chunks = []
    for await (const c of await ask('hello world', { stream: true })) chunks.push(c)
    equal(new Set(chunks.map((c) => c.id)).size, 1, 'the number of ids')
    equal(new Set(chunks.map((c) => c.created)).size, 1, 'the number of times')
    equal(chunks.filter((c) => c.choices[0]?.delta.role).length, 1, 'the number of roles')
    equal(chunks.at(-1).choices[0].delta, {}, 'the last delta')
    equal(chunks.map((c) => c.choices[0].delta.content ?? '').join(''), 'hello world', 'the text')
  },
  async 'stream with .stream()'() {
    const s = client.chat.completions.stream({ model, messages: [{ role: 'user', content: 'hello' }], stream_options: { include_usage: true } })
    const r = await s.finalChatCompletion()
    equal([r.choices[0].message.content, r.choices[0].finish_reason], ['hello', 'stop'], 'the answer')
    equal((await s.totalUsage()).total_tokens, 10, 'the usage')
  },
  async 'abort ends the generation'() {
    const before = await metric('generations_cancelled_total')
    for await (const c of await ask('[slow]', { stream: true })) if (c.choices[0].delta.content) break
    await stopped(before)
  },
  async 'abort with a controller'() {
    const before = await metric('generations_cancelled_total')
    const s = await ask('[slow]', { stream: true })
    setTimeout(() => s.controller.abort(), 50)
    await text(s).catch(() => {})
    await stopped(before)
  },
  async 'stop sequence'() {
    const r = await ask('one two three', { stop: ['three'] })
    equal([r.choices[0].message.content, r.choices[0].finish_reason], ['one two ', 'stop'], 'the answer')
  },
  async 'length'() {
    const r = await ask('one two three', { max_completion_tokens: 3 })
    equal([r.choices[0].message.content, r.choices[0].finish_reason], ['one', 'length'], 'the answer')
  },
  async 'usage is the same streamed'() {
    const whole = (await ask('[long]')).usage
    let streamed
    for await (const c of await ask('[long]', { stream: true, stream_options: { include_usage: true } })) {
      if (c.usage) {
        streamed = c.usage
        equal(c.choices, [], 'the choices of the usage chunk')
      }
    }
    equal(streamed, whole, 'the usage')
  },
  async 'seed, n'() {
    const r = await ask('[seed]', { seed: 41, n: 2 })
    equal(r.choices.map((c) => c.message.content), ['seed 41', 'seed 42'], 'the answers')
    equal((await ask('[seed]', { seed: 41 })).choices[0].message.content, 'seed 41', 'the answer')
  },
  async 'tools'() {
    const m = (await ask('[tool]', { tools: weather })).choices[0]
    equal(m.finish_reason, 'tool_calls', 'the finish')
    equal(m.message.content, null, 'the content')
    equal(m.message.tool_calls.map((c) => JSON.parse(c.function.arguments).city), ['北京', '上海'], 'the arguments')
    const next = await client.chat.completions.create({ model, tools: weather, tool_choice: 'none', messages: [{ role: 'user', content: '[tool]' }, m.message,
      ...m.message.tool_calls.map((c) => ({ role: 'tool', tool_call_id: c.id, content: 'sunny' }))] })
    equal(next.choices[0].message.content, 'sunny', 'the answer')
  },
  async 'tools streamed'() {
    const s = client.chat.completions.stream({ model, tools: weather, messages: [{ role: 'user', content: '[tool]' }] })
    const calls = (await s.finalMessage()).tool_calls
    equal(calls.map((c) => [c.id, c.type, c.function.name, c.function.arguments]), [['call_0', 'function', 'weather', '{"city":"北京"}'], ['call_1', 'function', 'weather', '{"city":"上海"}']], 'the calls')
  },
  async 'response format'() {
    const schema = { type: 'object', properties: { name: { type: 'string' }, n: { type: 'integer' } } }
    const r = await client.chat.completions.parse({ model, messages: [{ role: 'user', content: '[json]' }], response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } })
    equal(JSON.parse(r.choices[0].message.content), { name: '飞轮', n: 7 }, 'the object')
  },
  async 'logprobs'() {
    const l = (await ask('你', { logprobs: true, top_logprobs: 2 })).choices[0].logprobs.content
    equal([l.length, l[0].token, l[0].bytes, l[0].top_logprobs.length], [1, '你', [228, 189, 160], 2], 'the log-probabilities')
  },
  async 'embeddings as the client asks'() {
    const r = await client.embeddings.create({ model, input: 'abc' })
    equal(r.data[0].embedding.length, 32, 'the length')
    ok(r.data[0].embedding.some((x) => x > 0), 'a vector of zeros')
  },
  async 'embeddings as numbers, in batches'() {
    const floats = await client.embeddings.create({ model, input: ['abc', '你好'], encoding_format: 'float' })
    const bytes = await client.embeddings.create({ model, input: ['abc', '你好'] })
    equal(floats.data.map((d) => d.index), [0, 1], 'the order')
    floats.data.forEach((d, i) => d.embedding.forEach((x, k) => ok(Math.abs(x - bytes.data[i].embedding[k]) < 1e-6, 'the forms differ')))
  },
  async 'error 400'() {
    const e = await fails(() => ask('x', { temperature: 9 }))
    equal([e.status, e.param, e.type], [400, 'temperature', 'invalid_request_error'], 'the error')
  },
  async 'error 401'() {
    const e = await fails(() => ask('[401]'))
    ok(e instanceof OpenAI.AuthenticationError, `error ${e}`)
    equal(e.code, 'invalid_api_key', 'the code')
  },
  async 'error 404'() {
    const e = await fails(() => client.chat.completions.create({ model: 'gpt-4', messages: [{ role: 'user', content: 'x' }] }))
    ok(e instanceof OpenAI.NotFoundError, `error ${e}`)
    equal(e.code, 'model_not_found', 'the code')
  },
  async 'error 429 is tried again'() {
    const began = Date.now()
    const e = await fails(() => client.withOptions({ maxRetries: 1 }).chat.completions.create({ model, messages: [{ role: 'user', content: '[429]' }] }))
    ok(e instanceof OpenAI.RateLimitError, `error ${e}`)
    ok(Date.now() - began >= 900, 'it did not wait as Retry-After says')
  },
  async 'context overflow is an error'() {
    const e = await fails(() => ask('x'.repeat(9000)))
    equal([e.status, e.code], [400, 'context_length_exceeded'], 'the error')
  },
  async 'error in the middle of a stream'() {
    const e = await fails(async () => text(await ask('[break]', { stream: true })))
    ok(e instanceof OpenAI.APIError, `error ${e}`)
    ok(/model server/.test(e.message), `message ${e.message}`)
  },
  async 'Chinese'() {
    const zh = '飞轮是一个从爬取到聊天的完整程序。🚀👩‍🚀'
    equal((await ask('[zh]')).choices[0].message.content, zh, 'the answer')
    equal(await text(await ask('[zh]', { stream: true })), zh, 'the stream')
  },
  async 'two streams at once'() {
    const [a, b] = await Promise.all([ask('[long] a', { stream: true }), ask('first second', { stream: true })].map(async (s) => text(await s)))
    ok(a.startsWith('第0句。第1句。') && a.endsWith('第99句。'), `a is ${a.slice(0, 50)}`)
    equal(b, 'first second', 'b')
  },
  async 'reasoning'() {
    const m = (await ask('[reason]')).choices[0].message
    equal([m.reasoning_content, m.content], ['let me think', 'thought'], 'the message')
  },
  async 'completions'() {
    const r = await client.completions.create({ model, prompt: '你好', echo: true, logprobs: 1, max_tokens: 0 })
    equal([r.choices[0].text, r.choices[0].logprobs.tokens], ['你好', ['你', '好']], 'the echo')
    let out = ''
    for await (const c of await client.completions.create({ model, prompt: 'abc', stream: true, max_tokens: 10 })) out += c.choices[0].text
    equal(out, 'abc', 'the stream')
  },
  async 'responses'() {
    const r = await client.responses.create({ model, instructions: 'x', input: 'hello' })
    equal([r.status, r.output_text], ['completed', 'hello'], 'the response')
    const kinds = []
    let last
    for await (const e of await client.responses.create({ model, input: [{ role: 'user', content: '[reason]' }], stream: true })) {
      kinds.push(e.type)
      last = e
    }
    equal([kinds[0], last.type, last.response.output.map((o) => o.type)], ['response.created', 'response.completed', ['reasoning', 'message']], 'the events')
    const s = client.responses.stream({ model, input: '[tool]', tools: [{ type: 'function', name: 'weather', parameters: {}, strict: false }] })
    equal((await s.finalResponse()).output.map((o) => o.arguments), ['{"city":"北京"}', '{"city":"上海"}'], 'the calls')
    equal((await fails(() => client.responses.create({ model, input: 'x', previous_response_id: 'resp_1' }))).param, 'previous_response_id', 'the parameter')
  },
})
