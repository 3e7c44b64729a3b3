//! The sizes and retentions that AWS offers, as far as a spec can choose them.

/// The retention periods of CloudWatch Logs, in days.
/// Source: CloudWatch Logs API, `PutRetentionPolicy`.
pub const RETENTION_DAYS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// For each number of CPU units on Linux Fargate: the minimum and maximum memory in MiB, and the step.
/// Source: Amazon ECS Developer Guide, "Task CPU and memory".
const FARGATE: [(u32, u32, u32, u32); 7] = [
    // 256 units allow 512, 1,024 and 2,048 MiB. The step of 512 would also allow 1,536, which is
    // excluded below.
    (256, 512, 2_048, 512),
    (512, 1_024, 4_096, 1_024),
    (1_024, 2_048, 8_192, 1_024),
    (2_048, 4_096, 16_384, 1_024),
    (4_096, 8_192, 30_720, 1_024),
    (8_192, 16_384, 61_440, 4_096),
    (16_384, 32_768, 122_880, 8_192),
];

/// Whether Fargate offers this number of CPU units, with any memory.
pub(super) fn fargate_offers_cpu(cpu: u32) -> bool {
    FARGATE.iter().any(|(units, ..)| *units == cpu)
}

/// Checks that Fargate offers this combination.
///
/// # Errors
/// The combinations that it offers instead.
pub fn fargate_offers(cpu: u32, memory: u32) -> Result<(), String> {
    let Some((_, least, most, step)) = FARGATE.iter().find(|(units, ..)| *units == cpu) else {
        let units: Vec<String> = FARGATE.iter().map(|(units, ..)| units.to_string()).collect();
        return Err(format!("Fargate offers {} CPU units", units.join(", ")));
    };
    if (*least..=*most).contains(&memory) && memory.is_multiple_of(*step) && (cpu, memory) != (256, 1_536) {
        return Ok(());
    }
    Err(match cpu {
        256 => "with 256 CPU units Fargate offers 512, 1024 or 2048 MiB".to_owned(),
        _ => format!("with {cpu} CPU units Fargate offers {least} to {most} MiB in steps of {step}"),
    })
}

#[cfg(test)]
mod tests {
    use super::fargate_offers;

    #[test]
    fn fargate_combinations_are_checked() {
        for (cpu, memory) in [(256, 512), (256, 2048), (1024, 2048), (4096, 30_720), (16_384, 122_880)] {
            assert!(fargate_offers(cpu, memory).is_ok(), "{cpu}/{memory}");
        }
        for (cpu, memory) in [(256, 1536), (1024, 1024), (1024, 2049), (1000, 2048), (8192, 17_408)] {
            assert!(fargate_offers(cpu, memory).is_err(), "{cpu}/{memory}");
        }
    }
}
