// SPDX-License-Identifier: BSD-2-Clause
//! The cases of the conformance kit.
use mxcheck::{Checker, Config, How, Role};
use std::collections::HashMap;
use std::iter::Peekable;
use std::path::Path;
use std::str::Chars;

/// The strings and numbers of a flat JSON object, all as strings.
fn fields(line: &str) -> HashMap<String, String> {
    let mut letters = line.chars().peekable();
    let mut found = HashMap::new();
    while letters.any(|letter| letter == '"') {
        let key = string(&mut letters);
        while letters.next_if(|letter| ": ".contains(*letter)).is_some() {}
        let value = if letters.next_if_eq(&'"').is_some() { string(&mut letters) } else { number(&mut letters) };
        found.insert(key, value);
    }
    found
}

fn number(letters: &mut Peekable<Chars>) -> String {
    std::iter::from_fn(|| letters.next_if(char::is_ascii_digit)).collect()
}

/// What stands between a quotation mark that has been read and the next.
fn string(letters: &mut Peekable<Chars>) -> String {
    let mut units = Vec::new();
    loop {
        match letters.next().unwrap() {
            '"' => return String::from_utf16(&units).unwrap(),
            '\\' => units.push(escape(letters)),
            letter => units.extend_from_slice(letter.encode_utf16(&mut [0; 2])),
        }
    }
}

fn escape(letters: &mut Peekable<Chars>) -> u16 {
    match letters.next().unwrap() {
        'u' => u16::from_str_radix(&letters.by_ref().take(4).collect::<String>(), 16).unwrap(),
        'n' => 10,
        'r' => 13,
        't' => 9,
        'b' => 8,
        'f' => 12,
        letter => letter as u16,
    }
}

fn checker(kit: &Path, option: &str) -> Checker {
    let mut config = Config::new().unwrap();
    config.load(kit.join("kit.conf").to_str().unwrap()).unwrap();
    config.set("test-zone", kit.join("kit.zone").to_str().unwrap()).unwrap();
    if let Some((name, value)) = option.split_once('=') {
        config.set(name, value).unwrap();
    }
    Checker::with(&config).unwrap()
}

fn octets(case: &HashMap<String, String>) -> Vec<u8> {
    match case.get("address") {
        Some(address) => address.as_bytes().to_vec(),
        None => case["address_hex"]
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect(),
    }
}

#[test]
fn every_case_comes_to_what_the_kit_says() {
    let kit = std::env::var("MXCHECK_CONFORMANCE").unwrap();
    let kit = Path::new(&kit);
    let text = std::fs::read_to_string(kit.join("cases.jsonl")).unwrap();
    let mut checkers = HashMap::new();
    let mut count = 0;
    for line in text.lines().skip(1) {
        let case = fields(line);
        let checker = checkers.entry(case["options"].clone()).or_insert_with(|| checker(kit, &case["options"]));
        let role = if case["role"] == "sender" { Role::Sender } else { Role::Rcpt };
        let result = checker.check(role, octets(&case), How::default()).unwrap();
        assert_eq!(result.reason().name(), case["reason"], "{line}");
        assert_eq!(format!("{:?}", result.verdict()).to_lowercase(), case["verdict"], "{line}");
        assert_eq!(result.smtp_code().to_string(), case["smtp_code"], "{line}");
        assert_eq!(result.enhanced_code(), case["enhanced_code"], "{line}");
        assert_eq!(result.reply(Some("ID")), case["reply"], "{line}");
        count += 1;
    }
    assert!(count > 400);
}
