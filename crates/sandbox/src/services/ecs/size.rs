//! The sizes of tasks: their notation, and the valid combinations on Fargate.

use super::refusals::{client, invalid};
use crate::refusal::{Refusal, ensure};

/// Parses CPU units, from `1024` or `1 vCPU`. Source: Amazon ECS API reference,
/// `RegisterTaskDefinition`.
pub(super) fn cpu(text: &str) -> Result<u32, Refusal> {
    quantity(text, &[("vcpu", 1024.0)]).ok_or_else(|| invalid("Invalid 'cpu' setting for task."))
}

/// Parses mebibytes, from `2048` or `2 GB`. Source: the same.
pub(super) fn memory(text: &str) -> Result<u32, Refusal> {
    quantity(text, &[("gb", 1024.0), ("mb", 1.0)]).ok_or_else(|| invalid("Invalid 'memory' setting for task."))
}

fn quantity(text: &str, units: &[(&str, f64)]) -> Option<u32> {
    let text = text.trim().to_ascii_lowercase();
    let with_unit = units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)));
    let (number, factor) = with_unit.unwrap_or((&text, 1.0));
    let amount = number.trim().parse::<f64>().ok()? * factor;
    let whole = amount.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(&amount);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole and within the range")]
    whole.then_some(amount as u32)
}

/// Rejects invalid sizes on Fargate. Source: Amazon ECS API reference, `RegisterTaskDefinition`,
/// `memory`.
pub(super) fn check_fargate(cpu: u32, memory: u32) -> Result<(), Refusal> {
    // The least and the most memory in GiB, and its step.
    let (least, most, step) = match cpu {
        512 => (1, 4, 1),
        1024 => (2, 8, 1),
        2048 => (4, 16, 1),
        4096 => (8, 30, 1),
        8192 => (16, 60, 4),
        16384 => (32, 120, 8),
        // Only 256 CPU units have less than 1 GiB.
        _ => (1, 0, 1),
    };
    let in_range = (least * 1024..=most * 1024).contains(&memory) && memory.is_multiple_of(step * 1024);
    let sound = in_range || cpu == 256 && [512, 1024, 2048].contains(&memory);
    let message = format!(
        "No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the Amazon ECS documentation \
         for the valid values."
    );
    ensure!(sound, client(message));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_parsed_in_both_notations() {
        assert_eq!([cpu("1024"), cpu(" 1 vCPU"), cpu(".5 vcpu")].map(|size| size.expect("a size")), [1024, 1024, 512]);
        assert_eq!(["2048", "2GB", "2 GB"].map(|text| memory(text).expect("a size")), [2048; 3]);
        for text in ["", "x", "0", "-1", "1.5", "1e99", "NaN", "inf"] {
            assert!(cpu(text).is_err() && memory(text).is_err(), "{text}");
        }
    }

    #[test]
    fn fargate_has_these_sizes_and_no_others() {
        let sound = [
            (256, 512),
            (256, 1024),
            (256, 2048),
            (512, 1024),
            (512, 4096),
            (1024, 2048),
            (1024, 8192),
            (2048, 4096),
            (2048, 16384),
            (4096, 8192),
            (4096, 30720),
            (8192, 16384),
            (8192, 61440),
            (16384, 32768),
            (16384, 122_880),
        ];
        for (cpu, memory) in sound {
            assert_eq!(check_fargate(cpu, memory), Ok(()), "{cpu}, {memory}");
        }
        let unsound = [
            (128, 512),
            (256, 4096),
            (256, 1536),
            (512, 512),
            (512, 5120),
            (1024, 1024),
            (1024, 9216),
            (1024, 2500),
            (2048, 2048),
            (4096, 31744),
            (8192, 17408),
            (16384, 36864),
            (1000, 2048),
        ];
        for (cpu, memory) in unsound {
            let refusal = check_fargate(cpu, memory).expect_err("no such size");
            assert!(refusal.code == "ClientException" && refusal.message.starts_with("No Fargate configuration"));
        }
    }
}
