//! The input as its JSON has it: typed, not yet validated.

use crate::{
    BindingError, Json, json,
    outbound::{
        fields::{Fields, wrong_type},
        function::Functions,
        request::QueueType,
    },
};

/// Everything that a job may say, absent where it does not.
#[derive(Debug, Default)]
pub(crate) struct Input {
    pub(crate) authentication: Option<AuthenticationInput>,
    pub(crate) credential: Option<CredentialInput>,
    pub(crate) region: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) queue: Option<QueueInput>,
}

/// `authentication`, inline or of a credential.
pub(crate) enum AuthenticationInput {
    /// Keys; also for every type that is not the default chain.
    Static { access_key: Option<String>, secret_key: Option<String>, session_token: Option<String> },
    /// What the machine has.
    DefaultChain,
}

impl std::fmt::Debug for AuthenticationInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Static { .. } => "Static",
            Self::DefaultChain => "DefaultChain",
        })
    }
}

/// `awsCredential`.
#[derive(Debug)]
pub(crate) struct CredentialInput {
    pub(crate) authentication: Option<AuthenticationInput>,
    pub(crate) region: Option<String>,
}

/// `queue`.
#[derive(Debug)]
pub(crate) struct QueueInput {
    pub(crate) url: Option<String>,
    /// `None` when it is null; absent means standard.
    pub(crate) queue_type: Option<QueueType>,
    pub(crate) region: Option<String>,
    /// As it will be sent: a text as it is, anything else as JSON.
    pub(crate) body: Option<String>,
    pub(crate) attributes: Vec<(String, Option<AttributeInput>)>,
    pub(crate) message_group_id: Option<String>,
    pub(crate) message_deduplication_id: Option<String>,
    pub(crate) delay_seconds: Option<i32>,
    pub(crate) trace_header: Option<String>,
}

/// One entry of `queue.messageAttributes`.
#[derive(Debug)]
pub(crate) struct AttributeInput {
    pub(crate) data_type: Option<String>,
    pub(crate) string_value: Option<String>,
    pub(crate) binary_value: Option<String>,
}

impl Input {
    /// Reads the variables of a job.
    ///
    /// # Errors
    /// The first field that cannot be converted.
    pub(crate) fn read(variables: &Json<'_>) -> Result<Self, BindingError> {
        let members = match variables.only().unwrap_or(variables) {
            Json::Null => return Err(BindingError::NoInput),
            Json::Object(members) => members,
            other => return Err(wrong_type("the input".to_owned(), "an object", other)),
        };
        let (root, mut functions) = (Fields::root(members), Functions::default());
        let authentication = authentication(&root, &mut functions)?;
        let mut input = Self { authentication, ..Self::default() };
        if let Some(configuration) = root.object("configuration", "AwsBaseConfiguration")? {
            input.region = configuration.text(&["region"], &mut functions)?;
            input.endpoint = configuration.text(&["endpoint"], &mut functions)?;
        }
        if let Some(credential) = root.object("awsCredential", "AwsCredentialConfiguration")? {
            let authentication = self::authentication(&credential, &mut functions)?;
            let region = credential.text(&["region"], &mut functions)?;
            input.credential = Some(CredentialInput { authentication, region });
        }
        if let Some(queue) = root.object("queue", "QueueRequestData")? {
            input.queue = Some(QueueInput::read(&queue, &mut functions)?);
        }
        Ok(input)
    }
}

fn authentication(
    parent: &Fields<'_>,
    functions: &mut Functions,
) -> Result<Option<AuthenticationInput>, BindingError> {
    let Some(fields) = parent.object("authentication", "AwsStaticCredentialsAuthentication")? else {
        return Ok(None);
    };
    if matches!(fields.value("type"), Some(Json::String(text)) if text == "defaultCredentialsChain") {
        return Ok(Some(AuthenticationInput::DefaultChain));
    }
    Ok(Some(AuthenticationInput::Static {
        access_key: fields.text(&["accessKey"], functions)?,
        secret_key: fields.text(&["secretKey"], functions)?,
        session_token: fields.text(&["sessionToken"], functions)?,
    }))
}

impl QueueInput {
    fn read(fields: &Fields<'_>, functions: &mut Functions) -> Result<Self, BindingError> {
        let body = match fields.value("messageBody") {
            Some(body) => match functions.evaluate(|| fields.path("messageBody"), body)?.as_ref() {
                Json::String(text) => Some(text.clone().into_owned()),
                other => Some(json::write(other)),
            },
            None => None,
        };
        Ok(Self {
            url: fields.text(&["url"], functions)?,
            queue_type: queue_type(fields)?,
            region: fields.text(&["region"], functions)?,
            body,
            attributes: attributes(fields, functions)?,
            message_group_id: fields.text(&["messageGroupId"], functions)?,
            message_deduplication_id: fields.text(&["messageDeduplicationId"], functions)?,
            delay_seconds: fields.whole("delaySeconds", functions)?,
            trace_header: fields.text(&["awsTraceHeader"], functions)?.filter(|text| !text.is_empty()),
        })
    }
}

/// By name in any case or by ordinal; absent is standard, null is `None`.
fn queue_type(fields: &Fields<'_>) -> Result<Option<QueueType>, BindingError> {
    let path = || fields.path("type");
    let value = match fields.value("type") {
        None if fields.is_null("type") => return Ok(None),
        None => return Ok(Some(QueueType::Standard)),
        Some(value) => value.only().unwrap_or(value),
    };
    let text = match value {
        Json::Null => return Ok(None),
        Json::String(text) => text.trim().to_lowercase(),
        Json::Number(number) if number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() => {
            number.to_string()
        }
        other => return Err(wrong_type(path(), "standard or fifo", other)),
    };
    match text.as_str() {
        "standard" | "0" => Ok(Some(QueueType::Standard)),
        "fifo" | "1" => Ok(Some(QueueType::Fifo)),
        _ => Err(BindingError::InvalidField { path: path(), expected: "QueueType" }),
    }
}

fn attributes(
    queue: &Fields<'_>,
    functions: &mut Functions,
) -> Result<Vec<(String, Option<AttributeInput>)>, BindingError> {
    let Some(fields) = queue.object("messageAttributes", "LinkedHashMap")? else { return Ok(Vec::new()) };
    let mut attributes = Vec::new();
    for name in fields.names() {
        let attribute = match fields.object(name, "SqsMessageAttribute")? {
            None => None,
            Some(attribute) => Some(AttributeInput {
                data_type: attribute.text(&["dataType", "DataType"], functions)?,
                string_value: attribute.text(&["stringValue", "StringValue"], functions)?,
                binary_value: attribute.text(&["binaryValue", "BinaryValue"], functions)?,
            }),
        };
        attributes.push((name.to_owned(), attribute));
    }
    Ok(attributes)
}
