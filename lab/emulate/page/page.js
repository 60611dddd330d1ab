// The page of an emulated Pi: it shows what is there, and passes on what is done.

const $ = (id) => document.getElementById(id)
const pause = (ms) => new Promise((done) => setTimeout(done, ms))

const WALLETS = { wechat: 'WeChat Pay', alipay: 'Alipay', unionpay: 'UnionPay', cash: 'Cash' }

function note(text) { $('note').textContent = text }

async function ask(path, body = {}) {
  const answer = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error((await answer.text()).trim())
  return answer.status === 204 ? {} : answer.json()
}

// act does something with a button out of reach meanwhile, and says what came of it.
async function act(control, doing, path, body, done) {
  control.disabled = true
  note(doing)
  try {
    const said = await ask(path, body)
    note(done ? done(said) : '')
  } catch (err) {
    note(err.message)
  } finally {
    control.disabled = false
  }
}

// A touch that fails is said, and the rest goes on.
const quick = (path, body) => ask(path, body).then(() => note(''), (err) => note(err.message))

$('screen').addEventListener('pointerdown', (e) => {
  const box = $('screen').getBoundingClientRect()
  quick('touch', {
    x: Math.round((e.clientX - box.left) * $('screen').naturalWidth / box.width),
    y: Math.round((e.clientY - box.top) * $('screen').naturalHeight / box.height)
  })
})

for (const b of document.querySelectorAll('[data-scan]')) {
  b.addEventListener('click', () => act(b, 'The scanner types the code…', 'scan', { wallet: b.dataset.scan }))
}
$('type').addEventListener('submit', (e) => {
  e.preventDefault()
  act(e.target.querySelector('button'), 'The scanner types the code…', 'type', { text: $('typed').value })
})
$('pay').addEventListener('click', () => act($('pay'), 'The phone reads the screen…', 'pay', {}, (said) => `The phone says: ${said.status}.`))
$('power').addEventListener('click', () => act($('power'), 'The plug is pulled, and plugged in again.', 'power'))
$('link').addEventListener('change', () => act($('link'), '', 'link', { up: $('link').checked }))
$('paper').addEventListener('change', () => act($('paper'), '', 'paper', { up: $('paper').checked }))

async function watchScreen() {
  let shown = ''
  for (;;) {
    try {
      const answer = await fetch('screen.png')
      if (answer.ok) {
        const tag = answer.headers.get('ETag')
        if (tag !== shown) {
          const url = URL.createObjectURL(await answer.blob())
          $('screen').onload = () => URL.revokeObjectURL(url)
          $('screen').src = url
          shown = tag
        }
      }
      $('off').hidden = answer.ok
    } catch {
      $('off').hidden = false
    }
    await pause(150)
  }
}

function cell(row, text) {
  const td = row.insertCell()
  td.textContent = text
  return td
}

function show(s) {
  $('machine').textContent = s.trouble || (s.on ? `On, boot ${s.boots}, from slot ${s.slot === 2 ? 'A' : 'B'}` : 'Off')
  $('drawer').textContent = s.drawer
  const light = s.red && s.green ? 'amber' : s.red ? 'red' : s.green ? 'green' : 'off'
  $('light').dataset.light = light
  $('light-text').textContent = light === 'off' ? 'Light off' : `Light ${light}`
  if (!$('link').disabled) $('link').checked = s.linked
  if (!$('paper').disabled) $('paper').checked = s.printer !== 'no-paper'
  $('slips').textContent = s.slips ? `(${s.slips})` : ''
  if (s.slips && $('slip').dataset.number !== String(s.slips)) {
    $('slip').dataset.number = s.slips
    $('slip').src = `paper.png?number=${s.slips}&of=${Date.now()}`
    $('slip').hidden = false
    $('no-slip').hidden = true
  }
  const body = document.createElement('tbody')
  body.id = 'sales'
  for (const sale of [...(s.sales || [])].reverse().slice(0, 8)) {
    const row = body.insertRow()
    cell(row, sale.id.slice(-6))
    cell(row, (sale.tenders || []).map((t) => WALLETS[t.wallet] ?? t.wallet).join(', '))
    cell(row, new Intl.NumberFormat('en-US', { style: 'currency', currency: sale.currency }).format(sale.amount / 100))
    cell(row, sale.status)
  }
  $('sales').replaceWith(body)
  $('console').textContent = (s.console || []).join('\n')
}

async function watchState() {
  for (;;) {
    try {
      show(await (await fetch('state.json')).json())
    } catch {
      $('machine').textContent = 'The emulation has ended.'
    }
    await pause(400)
  }
}

watchScreen()
watchState()
