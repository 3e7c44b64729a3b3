//! Asks for what flags do not say, if there is a terminal.

use std::fmt::Display;
use std::io::{BufRead, Write};
use std::str::FromStr;

/// A question, with the flag that answers it.
pub(crate) struct Question {
    flag: &'static str,
    text: &'static str,
    /// The answer of an empty line.
    default: Option<&'static str>,
    /// Whether the default is also the answer without a terminal.
    is_assumed: bool,
}

impl Question {
    pub(crate) const fn new(flag: &'static str, text: &'static str) -> Self {
        Self { flag, text, default: None, is_assumed: false }
    }

    /// With a default.
    pub(crate) fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), is_assumed: true, ..self }
    }

    /// With a default that only an operator can accept.
    pub(crate) fn suggesting(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }
}

/// The flags that are missing, because there is no terminal to ask at, or its input ended.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no answer for {}", .flags.join(", "))]
pub(crate) struct Unanswered {
    pub(crate) flags: Vec<&'static str>,
}

/// The answers so far.
pub(crate) struct Interview<'i> {
    terminal: Option<(&'i mut dyn BufRead, &'i mut dyn Write)>,
    missing: Vec<&'static str>,
}

impl<'i> Interview<'i> {
    pub(crate) fn at(input: &'i mut dyn BufRead, output: &'i mut dyn Write) -> Self {
        Self { terminal: Some((input, output)), missing: Vec::new() }
    }

    pub(crate) const fn without_terminal() -> Self {
        Self { terminal: None, missing: Vec::new() }
    }

    /// The given answer, or the operator's, or the default; `None` if it is missing.
    pub(crate) fn answer<T: FromStr<Err: Display>>(&mut self, given: Option<T>, question: Question) -> Option<T> {
        if given.is_some() {
            return given;
        }
        let answer = match &mut self.terminal {
            Some((input, output)) => ask(*input, *output, &question),
            None => question.default.filter(|_| question.is_assumed).and_then(|default| default.parse().ok()),
        };
        if answer.is_none() {
            self.missing.push(question.flag);
            self.terminal = None;
        }
        answer
    }

    /// What was not answered.
    pub(crate) fn unanswered(self) -> Unanswered {
        Unanswered { flags: self.missing }
    }
}

/// Asks until the answer is valid; `None` at the end of the input.
fn ask<T: FromStr<Err: Display>>(
    input: &mut (impl BufRead + ?Sized),
    output: &mut (impl Write + ?Sized),
    Question { text, default, .. }: &Question,
) -> Option<T> {
    loop {
        match default {
            Some(default) => write!(output, "{text} [{default}]: ").ok()?,
            None => write!(output, "{text}: ").ok()?,
        }
        output.flush().ok()?;
        let mut line = String::new();
        if input.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let given = Some(line.trim()).filter(|line| !line.is_empty()).or(*default);
        match given.map(str::parse) {
            Some(Ok(answer)) => return Some(answer),
            Some(Err(error)) => writeln!(output, "  {error}").ok()?,
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use saas_model::identifier::{AccountId, Environment, Region};

    use super::*;

    #[test]
    fn invalid_answers_are_asked_again() {
        let (mut input, mut output) = ("12\n\n123456789012\n".as_bytes(), Vec::new());
        let mut interview = Interview::at(&mut input, &mut output);
        let account: Option<AccountId> = interview.answer(None, Question::new("--account", "AWS account"));
        assert_eq!(account.expect("the third line").as_str(), "123456789012");
        let shown = String::from_utf8(output).expect("text");
        assert_eq!(shown.matches("AWS account: ").count(), 3, "{shown}");
        assert!(shown.contains("`12` is not a valid AWS account id"), "{shown}");
    }

    #[test]
    fn empty_line_accepts_the_default() {
        let (mut input, mut output) = ("\n".as_bytes(), Vec::new());
        let mut interview = Interview::at(&mut input, &mut output);
        let region: Option<Region> =
            interview.answer(None, Question::new("--region", "Region").suggesting("us-east-1"));
        assert_eq!(region.expect("the default").as_str(), "us-east-1");
        assert_eq!(String::from_utf8(output).expect("text"), "Region [us-east-1]: ");
    }

    #[test]
    fn flags_are_not_asked_for_and_the_end_of_the_input_is_no_answer() {
        let (mut input, mut output) = ("".as_bytes(), Vec::new());
        let mut interview = Interview::at(&mut input, &mut output);
        let given: Option<Environment> = "production".parse().ok();
        assert_eq!(interview.answer(given.clone(), Question::new("--environment", "Environment")), given);
        let region: Option<Region> =
            interview.answer(None, Question::new("--region", "Region").suggesting("us-east-1"));
        let account: Option<AccountId> = interview.answer(None, Question::new("--account", "AWS account"));
        assert_eq!((region, account), (None, None));
        let missing = interview.unanswered();
        assert_eq!(missing.to_string(), "there is no answer for --region, --account");
        assert_eq!(String::from_utf8(output).expect("text"), "Region [us-east-1]: ");
    }
}
