// SPDX-License-Identifier: BSD-2-Clause
// Roundcube in Chromium, driven by lines of JSON: {do, ...} comes by standard input, {value} or {error} goes out for each.
// usage: node browser.mjs CHROMIUM     (NODE_PATH: where playwright-core is)
import {createRequire} from "node:module";
import {createInterface} from "node:readline";

const {chromium} = createRequire(process.env.NODE_PATH + "/")("playwright-core");
const browser = await chromium.launch({executablePath: process.argv[2], args: ["--no-sandbox"]});
const PATIENCE_MS = 120000;
let page;

async function fill(recipients) {
    await page.evaluate(text => {
        const field = document.querySelector("#_to");
        field.value = text;
        field.dispatchEvent(new Event("change"));
    }, recipients.join(", "));
}

const actions = {
    async login({url, user, password}) {
        await page?.context().close();
        page = await (await browser.newContext({viewport: {width: 780, height: 480}})).newPage();
        page.setDefaultTimeout(PATIENCE_MS);
        await page.goto(url);
        await page.fill("#rcmloginuser", user);
        await page.fill("#rcmloginpwd", password);
        await page.click("#rcmloginsubmit");
        await page.waitForURL(/_task=mail/);
    },

    async compose({url, recipients, subject, body}) {
        page.removeAllListeners("dialog");
        page.on("dialog", dialog => dialog.accept());
        await page.goto(url + "/?_task=mail&_action=compose");
        await page.waitForSelector("#compose-subject");
        await fill(recipients);
        await page.fill("#compose-subject", subject);
        await page.fill("#composebody", body);
    },

    recipients: ({recipients}) => fill(recipients),

    // The text of the pop-up, or "" when the message is sent and its page is left.
    async send() {
        await page.evaluate(() => rcmail.clear_messages());
        await page.waitForFunction(() => document.querySelector("#messagestack > div") == null);
        await page.click("a.send, button.send");
        const end = await page.waitForFunction(() => {
            const box = document.querySelector("#messagestack > div.error, #messagestack > div.warning");
            return box ? {shown: box.innerText} : location.search.includes("_action=compose") ? null : {shown: ""};
        });
        return (await end.jsonValue()).shown.trim();
    },

    text: () => page.inputValue("#composebody"),

    // Without the panel of options, so that there is room for what matters.
    paint: ({path}) => page.screenshot({path, style: "#layout-sidebar { display: none !important }"}).then(() => null),
};

for await (const line of createInterface({input: process.stdin})) {
    const request = JSON.parse(line);
    const answer = await actions[request.do](request).then(value => ({value}), error => ({error: String(error)}));
    process.stdout.write(JSON.stringify(answer) + "\n");
}
await browser.close();
