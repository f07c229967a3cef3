// Reports by mail: set up, looked at, and sent, in the browser.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { launchBrowser, Office, overview, until } from './office.mjs';

let office;
let browser;
let page;
let complaints;
let smtp;
const mails = [];

/** As much of SMTP as a mail needs. */
function serve(socket) {
  let text = '';
  let data = false;
  socket.setEncoding('utf8');
  socket.on('error', () => {});
  socket.write('220 test\r\n');
  socket.on('data', (chunk) => {
    text += chunk;
    for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
      if (data) {
        const last = text.indexOf('\r\n.\r\n');
        if (last < 0) {
          return;
        }
        mails.push(text.slice(0, last));
        text = text.slice(last + 5);
        data = false;
        socket.write('250 taken\r\n');
      } else {
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        data = line.startsWith('DATA');
        socket.write(data ? '354 go on\r\n' : line.startsWith('QUIT') ? '221 bye\r\n' : '250 fine\r\n');
      }
    }
  });
}

before(async () => {
  office = await Office.open({ healthy: true });
  await office.user('ann', 'administrator');
  smtp = createServer(serve);
  await new Promise((listening) => smtp.listen(0, '127.0.0.1', listening));
  const server = ['--host', '127.0.0.1', '--port', String(smtp.address().port), '--security', 'none', '--allow-plain'];
  await office.appliance('alert', 'mail', 'office', ...server, '--from', 'a@example.com', '--to', 'ann@example.com');
  browser = await launchBrowser();
  ({ page, complaints } = await overview(browser, office.url));
});

after(async () => {
  await browser?.close();
  await office?.close();
  smtp?.close();
});

test('a report is scheduled, previewed and sent, with the verdict of the overview', async () => {
  const verdict = await page.locator('.hf-verdict-title').innerText();
  await page.goto(`${office.url}/settings`);
  await page.getByLabel('Send reports').selectOption('weekly');
  await page.getByLabel('Weekday').selectOption('5');
  await page.getByLabel('Address of the console').fill('https://backup.example.com');
  const form = page.locator('form').filter({ has: page.getByLabel('Send reports') });
  await form.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The schedule of reports was saved').waitFor();
  await page.getByRole('button', { name: 'Preview' }).click();
  const preview = page.frameLocator('iframe.hf-letter');
  await preview.getByRole('heading', { name: verdict.trim() }).waitFor();
  await preview.getByText('Off-site vaults').waitFor();
  await page.getByRole('contentinfo').getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Send now' }).click();
  await page.getByText('The report was sent').waitFor();
  const [mail] = await until('a mail arrives', () => (mails.length > 0 ? mails : undefined));
  assert.match(mail, /^To: ann@example\.com/m);
  assert.match(mail, /multipart\/alternative/);
  assert.match(mail, new RegExp(`Subject: .*${verdict.trim().slice(0, 20)}`));
  assert.deepEqual(complaints, []);
});

test('in Chinese, the preview is Chinese', async () => {
  await page.getByLabel('Language', { exact: true }).selectOption('zh');
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.frameLocator('iframe.hf-letter').getByRole('heading', { name: '需要关注', exact: true }).waitFor();
});
