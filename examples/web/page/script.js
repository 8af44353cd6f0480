// SPDX-License-Identifier: BSD-2-Clause
// script.js: no page is loaded anew, and one sees that something happens while DNS is slow. Text from outside becomes
// text of an element and never markup; the answer to one address comes as markup from this server.
"use strict";

const notice = document.getElementById("status");
const place = document.getElementById("place");
let underWay = null; // an AbortController

function make(name, attributes, ...content) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes))
        element.setAttribute(key, value);
    element.append(...content);
    return element;
}

// Show a sentence, or with isUnseen only read it out.
function say(content, isUnseen = false) {
    notice.className = isUnseen ? "unseen" : "";
    notice.replaceChildren(content);
}

function showProblem(problem) {
    say("", true);
    place.replaceChildren(make("section", {id: "answer", class: "problem"}, make("h2", {}, "Not looked up"),
                               make("p", {}, problem)));
    say(problem, true);
}

// Begin something that takes the place of what is under way.
function begin() {
    if (underWay)
        underWay.abort();
    underWay = new AbortController();
    return underWay;
}

function explain(error) {
    showProblem(error instanceof TypeError ? "This page’s server does not answer. Try again later." : error.message);
}

// --- one address ------------------------------------------------------------------------------------------------------

function showPage(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const answer = page.getElementById("place");
    place.replaceChildren(...Array.from(answer.childNodes, node => document.importNode(node, true)));
    document.title = page.title;
    const headline = place.querySelector("h2");
    say(headline ? headline.textContent : "", true);
}

async function lookUp(query) {
    const own = begin();
    const bar = make("progress", {"aria-label": "DNS is asked"});
    const slow = setTimeout(() => say(make("span", {}, "DNS is asked …", bar)), 300);
    place.setAttribute("aria-busy", "true");
    try {
        const response = await fetch("/?" + query, {signal: own.signal});
        const text = await response.text();
        clearTimeout(slow);
        showPage(text);
    } catch (error) {
        if (!own.signal.aborted)
            explain(error);
    } finally {
        clearTimeout(slow);
        if (own === underWay)
            place.removeAttribute("aria-busy");
    }
}

function beginCheck(form) {
    form.addEventListener("submit", event => {
        event.preventDefault();
        const query = new URLSearchParams(new FormData(form)).toString();
        history.pushState(null, "", "/?" + query);
        lookUp(query);
    });
    addEventListener("popstate", () => {
        const query = new URLSearchParams(location.search);
        form.elements.q.value = query.get("q") || "";
        for (const name of ["role", "depth"]) {
            if (query.has(name))
                form.elements[name].value = query.get(name);
        }
        lookUp(query.toString());
    });
}

// --- a list -----------------------------------------------------------------------------------------------------------

const MAIL = {accept: "can be delivered", reject: "cannot be delivered", defer: "unknown now"};
const WORST_FIRST = {reject: 0, defer: 1, error: 2, accept: 3};
const COLUMNS = [
    {label: "Address", compare: (a, b) => a.address.localeCompare(b.address)},
    {label: "Mail", compare: (a, b) => WORST_FIRST[a.verdict] - WORST_FIRST[b.verdict]},
    {label: "Reply", compare: (a, b) => a.reply.localeCompare(b.reply)},
    {label: "What to do", compare: (a, b) => a.todo.localeCompare(b.todo)},
];

// What cannot be seen, or changes what is seen: as is_seen() of buffer.c has it.
const UNSEEN = new RegExp("[" +
    "\\u0000-\\u001f\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890-\\u0891\\u08e2" +
    "\\u115f-\\u1160\\u1680\\u17b4-\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000" +
    "\\u3164\\ue000-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffe-\\uffff\\u{110bd}\\u{110cd}" +
    "\\u{13430}-\\u{1343f}\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}" +
    "\\u{f0000}-\\u{10ffff}" + "]", "gu");

// It is shown as the server shows it.
function visible(text) {
    return text.replace(UNSEEN, character => "\\u{" + character.codePointAt(0).toString(16) + "}");
}

// An answer of the server, as a row of the table.
function toRow(answer, lines) {
    const given = answer.address === undefined ? lines[answer.line - 1].replace(/^[ \t\r]+|[ \t\r]+$/g, "") : answer.address;
    const address = visible(given);
    if (answer.error !== undefined)
        return {line: answer.line, given, address, verdict: "error", domain: "", reason: answer.error, reply: "", todo: "", hint: ""};
    return {line: answer.line, given, address, verdict: answer.verdict, domain: answer.domain, reason: answer.reason,
            reply: answer.reply, todo: answer.verdict === "accept" ? "nothing" : answer.hint, hint: answer.hint};
}

function cell(label, ...content) {
    return make("td", {role: "cell", "data-label": label}, ...content);
}

function makeElement(row, query) {
    const link = new URLSearchParams({q: row.given, ...query});
    return make("tr", {role: "row"},
                make("th", {role: "rowheader", scope: "row", "data-label": "Address"},
                     make("a", {href: "/?" + link}, make("bdi", {}, row.address))),
                cell("Mail", make("span", {class: "mark " + row.verdict}, MAIL[row.verdict] || "not checked: " + row.reason)),
                cell("Reply", make("code", {}, row.reply)), cell("What to do", row.todo));
}

class Table {
    constructor(query) {
        this.query = query;
        this.rows = [];
        this.column = null;
        this.direction = 1;
        this.heads = COLUMNS.map(column => this.makeHead(column));
        this.body = make("tbody", {role: "rowgroup"});
        this.element = make("table", {role: "table", id: "rows", class: "cards sortable"},
                            make("thead", {role: "rowgroup"}, make("tr", {role: "row"}, ...this.heads)), this.body);
    }

    makeHead(column) {
        const button = make("button", {type: "button"}, column.label);
        button.addEventListener("click", () => this.sort(column));
        return make("th", {role: "columnheader", scope: "col"}, button);
    }

    compare(a, b) {
        return (this.column ? this.direction * this.column.compare(a, b) : 0) || a.line - b.line;
    }

    sort(column) {
        this.direction = this.column === column ? -this.direction : 1;
        this.column = column;
        this.heads.forEach(head => head.removeAttribute("aria-sort"));
        this.heads[COLUMNS.indexOf(column)].setAttribute("aria-sort", this.direction > 0 ? "ascending" : "descending");
        this.rows.sort((a, b) => this.compare(a, b));
        this.body.append(...this.rows.map(row => row.element));
    }

    // Put a row where it belongs.
    add(row) {
        let low = 0, high = this.rows.length;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (this.compare(this.rows[middle], row) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        row.element = makeElement(row, this.query);
        this.body.insertBefore(row.element, low < this.rows.length ? this.rows[low].element : null);
        this.rows.splice(low, 0, row);
    }

    count(verdict) {
        return this.rows.filter(row => row.verdict === verdict).length;
    }
}

function csvCell(text) {
    return '"' + (/^[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text) ? "'" : "") + text.replaceAll('"', '""') + '"';
}

function toCsv(rows) {
    const lines = rows.map(row => [row.address, row.domain, row.verdict, row.reason, row.reply, row.hint].map(csvCell).join(","));
    return ["address,domain,verdict,reason,reply,hint", ...lines, ""].join("\r\n");
}

function download(table) {
    const address = URL.createObjectURL(new Blob([toCsv(table.rows)], {type: "text/csv;charset=utf-8"}));
    make("a", {href: address, download: "mxcheck.csv"}).click();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
}

// Each line of a response as soon as it is there.
async function* readLines(response) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
        const {done, value} = await reader.read();
        if (done)
            return;
        const lines = (rest + value).split("\n");
        rest = lines.pop();
        yield lines;
    }
}

function summary(table, total) {
    const seen = table.rows.length === total ? `of ${total}` : `of the first ${table.rows.length} of ${total}`;
    return `Mail can be delivered to ${table.count("accept")} ${seen}, cannot to ${table.count("reject")}; ` +
           `unknown now: ${table.count("defer")}.`;
}

async function request(text, query, own) {
    const response = await fetch("/api/v1/checks?" + new URLSearchParams(query),
                                 {method: "POST", body: text, signal: own.signal, headers: {"Content-Type": "text/plain"}});
    if (!response.ok)
        throw new Error((await response.json()).error);
    return response;
}

async function lookUpAll(text, query) {
    const own = begin();
    const lines = text.split("\n");
    const total = lines.filter(line => !/^[ \t\r]*$/.test(line)).length;
    const bar = make("progress", {"aria-label": "Addresses looked up", max: total, value: 0});
    const words = make("span", {"aria-hidden": "true"});
    const stop = make("button", {type: "button", class: "second"}, "Stop");
    const table = new Table(query);
    stop.addEventListener("click", () => own.abort());
    say(`${total} addresses are looked up.`, true);
    try {
        const response = await request(text, query, own);
        place.replaceChildren(make("div", {id: "progress"}, words, bar, stop), table.element);
        place.scrollIntoView({block: "nearest"});
        for await (const some of readLines(response)) {
            some.forEach(line => table.add(toRow(JSON.parse(line), lines)));
            bar.value = table.rows.length;
            words.textContent = `${table.rows.length} of ${total}`;
        }
    } catch (error) {
        if (own !== underWay)
            return;
        if (!own.signal.aborted && table.rows.length === 0) {
            explain(error);
            return;
        }
    }
    const save = make("button", {type: "button", id: "save", class: "second"}, "Download as CSV");
    save.addEventListener("click", () => download(table));
    place.querySelector("#progress")?.remove();
    place.prepend(make("p", {id: "tally"}, summary(table, total)), make("div", {class: "buttons"}, save));
    say(summary(table, total), true);
}

function beginList(form) {
    form.addEventListener("submit", event => {
        if (event.submitter && event.submitter.id === "csv")
            return;
        event.preventDefault();
        lookUpAll(form.elements.addresses.value, {role: form.elements.role.value, depth: form.elements.depth.value});
    });
}

const check = document.getElementById("check");
const list = document.getElementById("list");
if (check)
    beginCheck(check);
if (list)
    beginList(list);
