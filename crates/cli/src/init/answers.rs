//! What a first spec depends on, and the spec with it.

use std::fmt::Display;
use std::num::NonZeroU16;
use std::str::FromStr;

use clap::Args;
use itertools::Itertools as _;
use saas_model::arn::Place;
use saas_model::identifier::{AccountId, Domain, Environment, Image, PlatformName, Region, TenantId};

use super::interview::{Interview, Question, Unanswered};

const TEMPLATE: &str = include_str!("template.toml");

/// An image that runs as it is, to begin with: nginx 1.27 of the public registry, as in the example of the model.
const IMAGE: &str =
    "public.ecr.aws/nginx/nginx@sha256:0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31";
/// The port of that image.
const PORT: &str = "80";
/// The directories that nginx writes to.
const WRITABLE: &str = r#"["/run", "/tmp", "/var/cache/nginx"]"#;

/// The flags that give answers, as written: clap would report the first invalid one alone.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Flags {
    /// The name of the platform, which begins every name
    #[arg(long)]
    name: Option<String>,
    /// The environment; only `development` accepts the loss of data [default: development]
    #[arg(long)]
    environment: Option<String>,
    /// The AWS account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// The Region
    #[arg(long)]
    region: Option<String>,
    /// The domain; a tenant is served at `<tenant>.<domain>`
    #[arg(long)]
    domain: Option<String>,
    /// The container image of the service `web`, by digest [default: an image of nginx]
    #[arg(long)]
    image: Option<String>,
    /// The TCP port that the image listens on [default: that of nginx]
    #[arg(long)]
    port: Option<String>,
    /// A tenant; may be repeated
    #[arg(long = "tenant", value_name = "ID")]
    tenants: Vec<String>,
}

/// The flags whose values are invalid, each with the reason.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub(crate) struct InvalidFlags(pub(crate) Vec<String>);

impl Flags {
    /// The answers that the flags give.
    ///
    /// # Errors
    /// All invalid values.
    pub(crate) fn checked(self) -> Result<Given, InvalidFlags> {
        let Self { name, environment, account, region, domain, image, port, tenants } = self;
        let mut invalid = Vec::new();
        let given = Given {
            name: parsed("--name", name, &mut invalid),
            environment: parsed("--environment", environment, &mut invalid),
            account: parsed("--account", account, &mut invalid),
            region: parsed("--region", region, &mut invalid),
            domain: parsed("--domain", domain, &mut invalid),
            image: parsed("--image", image, &mut invalid),
            port: parsed("--port", port, &mut invalid),
            tenants: tenants.into_iter().filter_map(|id| parsed("--tenant", Some(id), &mut invalid)).collect(),
        };
        if invalid.is_empty() { Ok(given) } else { Err(InvalidFlags(invalid)) }
    }
}

fn parsed<T: FromStr<Err: Display>>(flag: &str, given: Option<String>, invalid: &mut Vec<String>) -> Option<T> {
    let given = given?;
    let value = given.parse();
    value.map_err(|error: T::Err| invalid.push(format!("invalid value `{given}` for {flag}: {error}"))).ok()
}

/// The answers that flags give.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    name: Option<PlatformName>,
    environment: Option<Environment>,
    account: Option<AccountId>,
    region: Option<Region>,
    domain: Option<Domain>,
    image: Option<Image>,
    port: Option<NonZeroU16>,
    tenants: Vec<TenantId>,
}

/// What a first spec depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answers {
    pub(crate) name: PlatformName,
    environment: Environment,
    account: AccountId,
    region: Region,
    domain: Domain,
    image: Image,
    port: NonZeroU16,
    tenants: Vec<TenantId>,
}

impl Answers {
    /// The answers of the flags, and of the interview for the others.
    ///
    /// # Errors
    /// When an answer is missing.
    pub(crate) fn complete(given: Given, mut interview: Interview<'_>) -> Result<Self, Unanswered> {
        let Given { name, environment, account, region, domain, image, port, tenants } = given;
        let name = interview.answer(name, Question::new("--name", "Name of the platform"));
        let environment =
            interview.answer(environment, Question::new("--environment", "Environment").or("development"));
        let account = interview.answer(account, Question::new("--account", "AWS account, 12 digits"));
        let region = interview.answer(region, Question::new("--region", "Region").suggesting("us-east-1"));
        let domain = interview.answer(domain, Question::new("--domain", "Domain; a tenant is at <tenant>.<domain>"));
        let image: Option<Image> = interview.answer(image, Question::new("--image", "Container image").or(IMAGE));
        let port_of_image = Question::new("--port", "Port that it listens on");
        let port = match &image {
            Some(image) if image.as_str() != IMAGE => interview.answer(port, port_of_image.suggesting("8080")),
            _ => interview.answer(port, port_of_image.or(PORT)),
        };
        let tenants = match tenants.as_slice() {
            [] => interview.answer(None, Question::new("--tenant", "First tenant")).into_iter().collect(),
            _ => tenants,
        };
        let all = || {
            Some(Self {
                name: name?,
                environment: environment?,
                account: account?,
                region: region?,
                domain: domain?,
                image: image?,
                port: port?,
                tenants,
            })
        };
        all().ok_or_else(|| interview.unanswered())
    }

    /// The spec.
    pub(crate) fn spec(&self) -> String {
        let Self { name, environment, account, region, domain, image, port, tenants } = self;
        let provisioner = Place { account, region }.global_arn("iam", "role/saas-provisioner");
        let tenant = |id: &TenantId| format!("\n[[tenant]]\nid = \"{id}\"\ncost_center = \"cc-{id}\"");
        let values = [
            ("NAME", name.to_string()),
            ("ENVIRONMENT", environment.to_string()),
            ("ACCOUNT", account.to_string()),
            ("REGION", region.to_string()),
            ("DOMAIN", domain.to_string()),
            ("PROTECTION", (!environment.is_development()).to_string()),
            ("PROVISIONER", provisioner),
            ("IMAGE", image.to_string()),
            ("PORT", port.to_string()),
            ("WRITABLE", if image.as_str() == IMAGE { WRITABLE } else { r#"["/tmp"]"# }.to_owned()),
            ("TENANTS", tenants.iter().map(tenant).join("\n")),
        ];
        let fill = |text: String, (name, value): (&str, String)| text.replace(&format!("@{name}@"), &value);
        values.into_iter().fold(TEMPLATE.to_owned(), fill)
    }
}

#[cfg(test)]
mod tests {
    use saas_model::Spec;

    use super::*;

    fn given() -> Given {
        let tenants = ["acme-corp", "globex"].map(|id| id.parse().expect("valid")).into();
        Given {
            name: "shop".parse().ok(),
            account: "123456789012".parse().ok(),
            region: "eu-west-1".parse().ok(),
            domain: "shop.example.com".parse().ok(),
            tenants,
            ..Given::default()
        }
    }

    fn answers(given: Given) -> Answers {
        Answers::complete(given, Interview::without_terminal()).expect("everything else has a default")
    }

    #[test]
    fn spec_has_the_answers() {
        let spec = Spec::parse("saas.toml", &answers(given()).spec()).expect("it is valid");
        let Spec { platform, network, tenants, .. } = spec;
        assert_eq!(platform.name.as_str(), "shop");
        assert_eq!(platform.provisioner.as_str(), "arn:aws:iam::123456789012:role/saas-provisioner");
        assert!(platform.environment.is_development() && !platform.deletion_protection);
        assert_eq!(
            network.zones.iter().map(|zone| zone.name.as_str()).collect::<Vec<_>>(),
            ["eu-west-1a", "eu-west-1b"]
        );
        assert_eq!(tenants.iter().map(|tenant| tenant.id.as_str()).collect::<Vec<_>>(), ["acme-corp", "globex"]);
    }

    #[test]
    fn everything_in_comments_is_valid_too() {
        let answers = answers(given());
        let is_setting = |line: &str| line.starts_with('[') || line.contains(" = ");
        let open = |line: &str| match line.strip_prefix("# ").filter(|setting| is_setting(setting)) {
            Some(setting) => format!("{}\n", setting.replace('…', "1b4e28ba-2fa1-41d2-883f-0016d3cca427")),
            None => format!("{line}\n"),
        };
        let text: String = answers.spec().lines().map(open).collect();
        let spec = Spec::parse("saas.toml", &text).expect("it is valid");
        assert_eq!((spec.tenants[0].services.len(), spec.tenants[0].jobs.len()), (2, 2));
        assert!(spec.serves_https());
    }

    #[test]
    fn all_invalid_flags_are_told() {
        let text = |text: &str| Some(text.to_owned());
        let flags = Flags { account: text("123"), region: text("mars-1"), port: text("0"), ..Flags::default() };
        let InvalidFlags(invalid) = flags.checked().expect_err("three are invalid");
        assert_eq!(invalid.len(), 3, "{invalid:?}");
        for (line, flag) in invalid.iter().zip(["--account", "--region", "--port"]) {
            assert!(line.contains(&format!(" for {flag}: ")), "{line}");
        }
    }

    #[test]
    fn production_is_protected() {
        let answers = answers(Given { environment: "production".parse().ok(), ..given() });
        assert!(answers.spec().contains("deletion_protection = true"));
    }

    #[test]
    fn own_image_needs_its_port() {
        let image = format!("example.com/app@sha256:{}", "0".repeat(64)).parse().ok();
        let own = Given { image, ..given() };
        let missing = Answers::complete(own.clone(), Interview::without_terminal()).expect_err("its port is unknown");
        assert_eq!(missing.flags, ["--port"]);
        let spec = answers(Given { port: NonZeroU16::new(8_000), ..own }).spec();
        assert!(spec.contains("port = 8000") && spec.contains("writable = [\"/tmp\"]"), "{spec}");
    }
}
