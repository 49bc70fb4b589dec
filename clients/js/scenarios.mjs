// What the clients have in common: a runner that prints a line of JSON for each scenario, and
// the state of the server, which tells whether it stopped generating.
export const base = process.env.FEILUN_URL // of the server, ending in /
export const api = base + 'v1'

export function equal(got, want, what) {
  const g = JSON.stringify(got), w = JSON.stringify(want)
  if (g !== w) throw new Error(`${what} is ${g}, want ${w}`)
}

export function ok(condition, what) {
  if (!condition) throw new Error(what)
}

// fails runs f, which must throw, and returns the error.
export async function fails(f) {
  let result
  try {
    result = await f()
  } catch (e) {
    return e
  }
  throw new Error(`no error, but ${JSON.stringify(result)?.slice(0, 200)}`)
}

// metric reads a number from /metrics.
export async function metric(name) {
  const text = await (await fetch(base + 'metrics')).text()
  return Number(text.match(new RegExp(`^feilun_serve_${name} (.+)$`, 'm'))[1])
}

// stopped waits until the server has noticed that somebody left.
export async function stopped(cancelled) {
  for (let i = 0; i < 200; i++) {
    if ((await metric('generations_cancelled_total')) > cancelled) return
    await new Promise((r) => setTimeout(r, 25))
  }
  throw new Error('the server goes on generating')
}

export async function run(scenarios) {
  let failed = false
  for (const [name, f] of Object.entries(scenarios)) {
    let error
    const late = new Promise((_, reject) => setTimeout(reject, 30000, new Error('it took more than 30 s')).unref())
    try {
      await Promise.race([f(), late])
    } catch (e) {
      error = String(e?.stack ?? e)
      failed = true
    }
    console.log(JSON.stringify({ scenario: name, error }))
  }
  process.exit(failed ? 1 : 0)
}
