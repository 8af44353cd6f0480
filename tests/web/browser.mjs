// SPDX-License-Identifier: BSD-2-Clause
// The pages in Chromium, with and without JavaScript. browser.py runs it, over its own DNS.
// usage: node browser.mjs URL CHROMIUM     (NODE_PATH: where playwright-core and axe-core are; MXCHECK_SHOTS: a folder for screenshots)
import assert from "node:assert/strict";
import {readFile} from "node:fs/promises";
import {createRequire} from "node:module";
import {after, afterEach, before, test} from "node:test";

const packages = createRequire(process.env.NODE_PATH + "/");
const {chromium} = packages("playwright-core");
const axe = await readFile(packages.resolve("axe-core/axe.min.js"), "utf8");
const [url, executablePath] = process.argv.slice(2);

const DESKTOP = {width: 1100, height: 800};
const PHONE = {width: 390, height: 844};
const NARROWEST = {width: 320, height: 600}; // WCAG 2.2, 1.4.10
const SIZES = {desktop: DESKTOP, phone: PHONE};
const HELD = Array.from({length: 30}, (_, number) => `bob@n${number}.held.example`);
const HOSTILE = [
    "<script>window.broken=1</script>@good.example", "<img src=x onerror=window.broken=1>", "\"onfocus=\"window.broken=1\" autofocus=\"",
    "'\"><svg onload=window.broken=1>", "</textarea><script>window.broken=1</script>", "</title><script>window.broken=1</script>.example",
    "javascript:window.broken=1", "{{window.broken=1}}", "good.example\u202egnp.exe", "bob\u200b@good.example", "\u{e0041}@good.example",
    "&lt;img src=x onerror=window.broken=1&gt;", "bob@" + "ü".repeat(60) + ".example", "a".repeat(3000),
];

let browser;
let open = []; // contexts of the test that runs
let control = 0;

before(async () => { browser = await chromium.launch({executablePath, args: ["--no-sandbox"]}); });
after(() => browser.close());
afterEach(async () => {
    await Promise.all(open.map(context => context.close()));
    open = [];
    await release();
});

// The DNS server hears it: see hostiledns.py.
const hold = () => fetch(`${url}/api/v1/check?address=hold-${control++}.example`);
const release = () => fetch(`${url}/api/v1/check?address=release-${control++}.example`);

// A page of a browser that fails the test when anything asks elsewhere, breaks the policy, or runs what it should not.
async function visit(path, {viewport = DESKTOP, colorScheme = "light", javaScriptEnabled = true} = {}) {
    const context = await browser.newContext({viewport, colorScheme, javaScriptEnabled, acceptDownloads: true});
    const page = await context.newPage();
    open.push(context);
    page.problems = [];
    page.loads = 0;
    page.on("request", request => request.url().startsWith(url + "/") || request.url().startsWith("blob:" + url) ||
                                  page.problems.push("it asks " + request.url()));
    page.on("console", message => message.type() === "error" && !message.text().includes("status of 4") &&
                                  page.problems.push(message.text()));
    page.on("pageerror", error => page.problems.push(String(error)));
    page.on("dialog", dialog => page.problems.push("a dialog: " + dialog.message()));
    page.on("load", () => page.loads++);
    await page.goto(url + path);
    return page;
}

async function assertHarmless(page) {
    assert.equal(await page.evaluate(() => window.broken), undefined);
    assert.equal(await page.evaluate(() => document.querySelectorAll("img, svg, iframe, style, [style], [onload], [onerror], [onfocus]").length), 0);
    assert.equal(await page.evaluate(() => document.scripts.length), 1);
    assert.deepEqual(page.problems, []);
}

async function assertAccessible(page, what) {
    await page.evaluate(axe);
    const {violations} = await page.evaluate(() => window.axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}));
    assert.deepEqual(violations.map(found => `${found.id}: ${found.nodes.map(node => node.html).join(" | ")}`), [], what);
}

async function assertFits(page, what) {
    const {scrolled, seen} = await page.evaluate(() => ({scrolled: document.documentElement.scrollWidth, seen: innerWidth}));
    assert.ok(scrolled <= seen, `${what}: ${scrolled} pixels wide, of which ${seen} are seen`);
}

async function photograph(page, name) {
    if (process.env.MXCHECK_SHOTS)
        await page.screenshot({path: `${process.env.MXCHECK_SHOTS}/${name}.png`, fullPage: true});
}

const headline = page => page.textContent("#answer h2");
const rows = page => page.$$eval("#rows tbody tr", all => all.map(row => Array.from(row.children, cell => cell.textContent)));
const addresses = async page => (await rows(page)).map(row => row[0]);

async function lookUp(page, text) {
    await page.fill("#q", text);
    await page.click("#check button");
}

async function lookUpList(page, lines) {
    await page.fill("#addresses", lines.join("\n"));
    await page.click("#list button:not(#csv)");
}

async function readDownload(page, button) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
    assert.equal(download.suggestedFilename(), "mxcheck.csv");
    return (await readFile(await download.path(), "utf8")).split("\r\n").filter(line => line !== "");
}

// --- one address ------------------------------------------------------------------------------------------------------

const ANSWERS = [
    ["good.example", "Mail can be delivered to good.example"], ["bob@null.example", "Mail cannot be delivered to null.example"],
    ["nowhere.example", "Mail cannot be delivered to nowhere.example"],
    ["told.example", "Unknown now: whether mail can be delivered to told.example"],
];

for (const javaScriptEnabled of [false, true]) {
    const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";

    test(`an address is looked up ${how}`, async () => {
        const page = await visit("/", {javaScriptEnabled});
        for (const [text, line] of ANSWERS) {
            await lookUp(page, text);
            await page.getByRole("heading", {level: 2, name: line, exact: true}).waitFor();
            assert.equal(await page.inputValue("#q"), text);
            assert.ok((await page.title()).startsWith(line));
            assert.equal(new URL(page.url()).searchParams.get("q"), text);
        }
        assert.equal(page.loads, javaScriptEnabled ? 1 : 1 + ANSWERS.length);
        assert.deepEqual(page.problems, []);
    });

    test(`a deep link shows the answer and fills the form ${how}`, async () => {
        const page = await visit("/?q=bob%40good.example&role=sender&depth=targets", {javaScriptEnabled});
        assert.equal(await headline(page), "Mail can be delivered to good.example");
        assert.deepEqual([await page.inputValue("#q"), await page.inputValue("#role"), await page.inputValue("#depth")],
                         ["bob@good.example", "sender", "targets"]);
        assert.ok((await page.textContent("#answer")).includes("gone.good.example no address"));
        await page.click("text=Link to this answer");
        assert.equal(await headline(page), "Mail can be delivered to good.example");
    });

    test(`a list is looked up, and downloaded, ${how}`, async () => {
        const page = await visit("/list", {javaScriptEnabled});
        await lookUpList(page, ["bob@good.example", "", "null.example", "=1@good.example", "bob@bücher.example"]);
        await page.waitForSelector("#tally");
        assert.equal(await page.textContent("#tally"), "Mail can be delivered to 3 of 4, cannot to 1; unknown now: 0.");
        assert.deepEqual((await addresses(page)), ["bob@good.example", "null.example", "=1@good.example", "bob@bücher.example"]);
        const lines = await readDownload(page, "#csv");
        assert.equal(lines[0], "address,domain,verdict,reason,reply,hint");
        assert.ok(lines[1].startsWith('"bob@good.example","good.example","accept","mx","250 2.1.5 recipient ok"'), lines[1]);
        assert.ok(lines[3].startsWith('"\'=1@good.example"'), lines[3]);
        assert.ok(lines[4].startsWith('"bob@bücher.example","xn--bcher-kva.example","accept"'), lines[4]);
        if (javaScriptEnabled)
            assert.deepEqual(await readDownload(page, "#save"), lines);
    });

    test(`hostile names do nothing ${how}`, async () => {
        const page = await visit("/", {javaScriptEnabled});
        for (const text of [...HOSTILE, "told.example", "markup.example"]) {
            await page.goto(`${url}/?q=${encodeURIComponent(text)}&depth=targets`);
            await page.waitForSelector("#answer h2");
            await assertHarmless(page);
        }
        await page.goto(url + "/");
        for (const text of [...HOSTILE, "told.example", "markup.example"]) {
            await page.fill("#q", text);
            await page.selectOption("#depth", "targets");
            await Promise.all([page.waitForResponse(response => response.url().startsWith(url + "/?q=")), page.click("#check button")]);
            await page.waitForSelector("#answer h2");
            await assertHarmless(page);
        }
        await page.goto(url + "/list");
        await lookUpList(page, [...HOSTILE, "told.example", "markup.example"]);
        await page.waitForSelector("#tally");
        assert.equal((await rows(page)).length, HOSTILE.length + 2);
        assert.doesNotMatch((await addresses(page)).join(""), /[\u200b-\u200f\u202a-\u202e]/);
        await assertHarmless(page);
    });
}

test("the browser's back button shows what was looked up before", async () => {
    const page = await visit("/");
    await lookUp(page, "good.example");
    await page.getByText("Mail can be delivered to good.example").first().waitFor();
    await page.selectOption("#role", "sender");
    await lookUp(page, "null.example");
    await page.getByText("550 5.7.27").first().waitFor();
    await page.goBack();
    await page.getByRole("heading", {name: "Mail can be delivered to good.example"}).waitFor();
    assert.deepEqual([await page.inputValue("#q"), await page.inputValue("#role")], ["good.example", "rcpt"]);
    await page.goForward();
    await page.getByText("550 5.7.27").first().waitFor();
    assert.equal(page.loads, 1);
});

test("one sees that DNS is asked while it is slow", async () => {
    const page = await visit("/");
    await hold();
    await lookUp(page, "held.example");
    await page.getByRole("progressbar", {name: "DNS is asked"}).waitFor();
    await photograph(page, "slow");
    await assertAccessible(page, "while DNS is slow");
    await release();
    await page.getByRole("heading", {name: "Mail can be delivered to held.example"}).waitFor();
    assert.equal(await page.getByRole("progressbar").count(), 0);
    assert.equal(await page.textContent("#status"), "Mail can be delivered to held.example");
});

test("a second look-up takes the place of the first", async () => {
    const page = await visit("/");
    await hold();
    await lookUp(page, "n100.held.example");
    await lookUp(page, "good.example");
    await page.getByRole("heading", {name: "Mail can be delivered to good.example"}).waitFor();
    await release();
    await fetch(`${url}/api/v1/check?address=n100.held.example`);
    assert.equal(await headline(page), "Mail can be delivered to good.example");
});

test("what was refused is told in place", async () => {
    const page = await visit("/list");
    await lookUpList(page, Array.from({length: 1001}, (_, number) => `bob@many-${number}.example`));
    await page.getByText("The list has 1001 addresses; at most 1000 are taken.").first().waitFor();
    assert.equal(page.loads, 1);
    await assertAccessible(page, "a problem");
    await photograph(page, "problem");
});

test("a server that has gone is told in place", async () => {
    const page = await visit("/");
    await page.context().setOffline(true);
    await lookUp(page, "good.example");
    await page.getByText("does not answer").first().waitFor();
});

// --- lists ------------------------------------------------------------------------------------------------------------

test("a list of a thousand fills as answers come, with a progress bar", async () => {
    const page = await visit("/list");
    await hold();
    const lines = Array.from({length: 1000 - HELD.length}, (_, number) => `user${number}@many-${number}.example`);
    await lookUpList(page, [...HELD, ...lines]);
    await page.getByText(`${lines.length} of 1000`).waitFor();
    const bar = page.getByRole("progressbar", {name: "Addresses looked up"});
    assert.deepEqual(await bar.evaluate(element => [element.value, element.max]), [lines.length, 1000]);
    assert.equal((await addresses(page))[0], "user0@many-0.example");
    await photograph(page, "list-under-way");
    await release();
    await page.waitForSelector("#tally");
    assert.equal(await page.textContent("#tally"), "Mail can be delivered to 1000 of 1000, cannot to 0; unknown now: 0.");
    assert.deepEqual(await addresses(page), [...HELD, ...lines]);
    assert.equal((await readDownload(page, "#save")).length, 1001);
    assert.equal(await bar.count(), 0);
    assert.deepEqual(page.problems, []);
});

test("a list that was stopped keeps what it has", async () => {
    const page = await visit("/list");
    await hold();
    await lookUpList(page, ["good.example", ...HELD.map(address => address.replace("bob@", "bob@again-"))]);
    await page.getByText("1 of 31").waitFor();
    await page.click("text=Stop");
    assert.equal(await page.textContent("#tally"), "Mail can be delivered to 1 of the first 1 of 31, cannot to 0; unknown now: 0.");
    assert.equal((await rows(page)).length, 1);
});

test("a list is sorted by each column, with the keyboard as well", async () => {
    const page = await visit("/list");
    const given = ["null.example", "bob@good.example", "told.example", "alice@good.example"];
    await lookUpList(page, given);
    await page.waitForSelector("#tally");
    assert.deepEqual(await addresses(page), given);
    const sortBy = async name => {
        await page.getByRole("columnheader", {name}).getByRole("button").focus();
        await page.keyboard.press("Enter");
        return [await addresses(page), await page.getByRole("columnheader", {name}).getAttribute("aria-sort")];
    };
    const byAddress = ["alice@good.example", "bob@good.example", "null.example", "told.example"];
    assert.deepEqual(await sortBy("Address"), [byAddress, "ascending"]);
    assert.deepEqual(await sortBy("Address"), [[...byAddress].reverse(), "descending"]);
    assert.deepEqual(await sortBy("Mail"), [["null.example", "told.example", "bob@good.example", "alice@good.example"], "ascending"]);
    assert.deepEqual((await sortBy("Reply"))[0], ["bob@good.example", "alice@good.example", "told.example", "null.example"]);
    assert.deepEqual((await sortBy("What to do"))[0].slice(0, 2), ["bob@good.example", "alice@good.example"]);
    assert.equal(await page.locator("th[aria-sort]").count(), 1);
    assert.ok((await readDownload(page, "#save"))[1].startsWith('"bob@good.example"'));
});

// --- people -----------------------------------------------------------------------------------------------------------

test("the keyboard is enough", async () => {
    const page = await visit("/");
    const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
    const order = [];
    for (let i = 0; i < 7; i++) {
        await page.keyboard.press("Tab");
        order.push(await focused());
    }
    assert.deepEqual(order, ["Skip to the form", "One address", "A list", "q", "role", "depth", "Look up"]);
    await page.focus("#q");
    await page.keyboard.type("good.example");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", {name: "Mail can be delivered to good.example"}).waitFor();
    assert.equal(await focused(), "q");
});

const PLACES = {
    empty: "/", accepted: "/?q=bob%40b%C3%BCcher.example&depth=targets", rejected: "/?q=null.example&role=sender", unknown: "/?q=told.example",
    markup: "/?q=markup.example&depth=targets", long: "/?q=" + "a".repeat(300), refused: "/?q=x.example&depth=x", missing: "/nowhere", list: "/list",
};
const LIST = ["bob@good.example", "alice@nowhere.example", "null.example", "told.example", "a b@good.example", "a".repeat(300), "markup.example"];

for (const colorScheme of ["light", "dark"]) {
    for (const [size, viewport] of Object.entries(SIZES)) {
        test(`axe-core finds nothing, ${colorScheme}, ${size}`, async () => {
            const page = await visit("/", {viewport, colorScheme});
            for (const [name, path] of Object.entries(PLACES)) {
                await page.goto(url + path);
                if (name === "accepted")
                    await page.click("summary");
                await assertAccessible(page, name);
                await assertFits(page, name);
                await photograph(page, `${name}-${size}-${colorScheme}`);
            }
            await lookUpList(page, LIST);
            await page.waitForSelector("#tally");
            await page.getByRole("columnheader", {name: "Mail"}).getByRole("button").click();
            await assertAccessible(page, "a list that is answered");
            await assertFits(page, "a list that is answered");
            await photograph(page, `list-answered-${size}-${colorScheme}`);
        });
    }
}

test("nothing is cut off on the narrowest screen, with and without JavaScript", async () => {
    for (const javaScriptEnabled of [true, false]) {
        const page = await visit("/", {viewport: NARROWEST, javaScriptEnabled});
        for (const [name, path] of Object.entries(PLACES)) {
            await page.goto(url + path);
            await assertFits(page, name);
        }
        await lookUpList(page, LIST);
        await page.waitForSelector("#tally");
        await assertFits(page, "a list that is answered");
    }
});
