//! Camunda's published description of the REST API, as far as schemas need it.
//!
//! `allOf` is one object with the properties of all; `oneOf` is any of its choices, because the published choices
//! overlap. Stricter than the files: a request has no property that its schema does not name.

use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};
use yaml_rust2::{Yaml, YamlLoader};

/// The files by their names.
pub(crate) struct Api(BTreeMap<String, Value>);

/// A place in one of the files.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    file: &'a str,
    node: &'a Value,
}

/// A schema with everything that it refers to.
#[derive(Default)]
struct Schema<'a> {
    kind: Option<&'a str>,
    nullable: bool,
    properties: BTreeMap<&'a str, Place<'a>>,
    required: BTreeSet<&'a str>,
    items: Option<Place<'a>>,
    choices: Vec<Place<'a>>,
    allowed: Option<&'a Vec<Value>>,
    example: Option<&'a Value>,
    minimum: Option<i64>,
    maximum: Option<i64>,
}

impl Api {
    pub(crate) fn read(folder: &Path) -> Self {
        let files = std::fs::read_dir(folder).unwrap().map(|entry| {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, json_of(&YamlLoader::load_from_str(&text).unwrap()[0]))
        });
        Self(files.collect())
    }

    /// The schema of an operation's body: of what is sent, or of the answer with a status.
    pub(crate) fn body(&self, method: &str, path: &str, status: Option<u16>, kind: &str) -> Place<'_> {
        let operation = self.step(self.step(self.place("rest-api.yaml", "/paths"), path), method);
        let body = match status {
            None => self.step(operation, "requestBody"),
            Some(status) => self.step(self.step(operation, "responses"), &status.to_string()),
        };
        self.step(self.step(self.step(body, "content"), kind), "schema")
    }

    /// A value of a schema: with everything that it may have, or with what it must have and nulls where it may.
    pub(crate) fn sample(&self, place: Place<'_>, full: bool) -> Value {
        let schema = self.schema(place);
        if schema.nullable && !full {
            return Value::Null;
        }
        if let Some(example) = schema.example {
            return example.clone();
        }
        match schema.kind() {
            "object" => {
                let wanted =
                    schema.properties.iter().filter(|(name, _)| full || schema.required.contains(*name));
                let fields = wanted.map(|(name, place)| ((*name).to_owned(), self.sample(*place, full)));
                Value::Object(fields.collect::<Map<_, _>>())
            }
            "array" => json!([self.sample(schema.items.unwrap(), full)]),
            "integer" => json!(schema.minimum.unwrap_or(1)),
            "boolean" => json!(true),
            _ => schema.allowed.map_or(json!("text"), |allowed| allowed[0].clone()),
        }
    }

    /// What is wrong with a value, and where.
    pub(crate) fn check(&self, value: &Value, place: Place<'_>) -> Result<(), String> {
        let schema = self.schema(place);
        if value.is_null() && schema.nullable {
            return Ok(());
        }
        if let Some(allowed) = schema.allowed.filter(|allowed| !allowed.contains(value)) {
            return Err(format!("{value} is none of {allowed:?}"));
        }
        if !schema.choices.is_empty() {
            let failures: Vec<_> =
                schema.choices.iter().filter_map(|choice| self.check(value, *choice).err()).collect();
            return if failures.len() < schema.choices.len() { Ok(()) } else { Err(failures.join("; or ")) };
        }
        let number = value.as_i64();
        match schema.kind() {
            "object" => return self.check_object(value, &schema),
            "array" => {
                let items = value.as_array().ok_or_else(|| format!("{value} is no array"))?;
                return items.iter().try_for_each(|item| self.check(item, schema.items.unwrap()));
            }
            "string" if value.is_string() => {}
            "boolean" if value.is_boolean() => {}
            "integer" if number.is_some_and(|number| schema.contains(number)) => {}
            kind => return Err(format!("{value} is no {kind} that is allowed")),
        }
        Ok(())
    }

    fn check_object(&self, value: &Value, schema: &Schema<'_>) -> Result<(), String> {
        let object = value.as_object().ok_or_else(|| format!("{value} is no object"))?;
        if let Some(missing) = schema.required.iter().find(|name| !object.contains_key(**name)) {
            return Err(format!("{missing} is missing in {value}"));
        }
        object.iter().try_for_each(|(name, value)| {
            let place = schema.properties.get(name.as_str()).ok_or_else(|| format!("{name} is not known"))?;
            self.check(value, *place).map_err(|reason| format!("{name}: {reason}"))
        })
    }

    fn schema<'a>(&'a self, place: Place<'a>) -> Schema<'a> {
        let mut schema = Schema::default();
        self.collect(place, &mut schema);
        schema
    }

    fn collect<'a>(&'a self, place: Place<'a>, schema: &mut Schema<'a>) {
        let Place { file, node } = self.resolved(place);
        let at = |node: &'a Value| Place { file, node };
        for (keyword, value) in node.as_object().unwrap() {
            match keyword.as_str() {
                "type" => schema.kind = value.as_str(),
                "nullable" => schema.nullable |= value.as_bool().unwrap(),
                "properties" => {
                    let properties = value.as_object().unwrap().iter();
                    schema.properties.extend(properties.map(|(name, node)| (name.as_str(), at(node))));
                }
                "required" => {
                    schema
                        .required
                        .extend(value.as_array().unwrap().iter().map(|name| name.as_str().unwrap()));
                }
                "items" => schema.items = Some(at(value)),
                "enum" => schema.allowed = value.as_array(),
                "allOf" => value.as_array().unwrap().iter().for_each(|part| self.collect(at(part), schema)),
                "oneOf" => schema.choices.extend(value.as_array().unwrap().iter().map(at)),
                "example" => schema.example = Some(value),
                "minimum" => schema.minimum = value.as_i64(),
                "maximum" => schema.maximum = value.as_i64(),
                "description"
                | "title"
                | "default"
                | "format"
                | "pattern"
                | "minLength"
                | "maxLength"
                | "additionalProperties" => {}
                extension if extension.starts_with("x-") => {}
                unknown => panic!("{file} has the keyword {unknown}, which is not understood here"),
            }
        }
    }

    fn place<'a>(&'a self, file: &str, pointer: &str) -> Place<'a> {
        let (file, text) = self.0.get_key_value(file).unwrap_or_else(|| panic!("no {file}"));
        let node = text.pointer(pointer).unwrap_or_else(|| panic!("{file} has no {pointer}"));
        Place { file, node }
    }

    fn step<'a>(&'a self, place: Place<'a>, name: &str) -> Place<'a> {
        let Place { file, node } = self.resolved(place);
        Place { file, node: node.get(name).unwrap_or_else(|| panic!("{file} has no {name} there")) }
    }

    fn resolved<'a>(&'a self, mut place: Place<'a>) -> Place<'a> {
        while let Some(reference) = place.node.get("$ref") {
            let (file, pointer) = reference.as_str().unwrap().split_once('#').unwrap();
            place = self.place(if file.is_empty() { place.file } else { file }, pointer);
        }
        place
    }
}

impl Schema<'_> {
    fn kind(&self) -> &str {
        self.kind.unwrap_or(if self.properties.is_empty() { "anything" } else { "object" })
    }

    fn contains(&self, number: i64) -> bool {
        self.minimum.is_none_or(|least| least <= number) && self.maximum.is_none_or(|most| number <= most)
    }
}

fn json_of(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Hash(hash) => {
            let name =
                |key: &Yaml| key.as_str().map_or_else(|| key.as_i64().unwrap().to_string(), str::to_owned);
            Value::Object(hash.iter().map(|(key, value)| (name(key), json_of(value))).collect())
        }
        Yaml::Array(items) => items.iter().map(json_of).collect(),
        Yaml::String(text) => json!(text),
        Yaml::Integer(number) => json!(number),
        Yaml::Boolean(truth) => json!(truth),
        Yaml::Real(number) => json!(number.parse::<f64>().unwrap()),
        Yaml::Null => Value::Null,
        other => panic!("{other:?} is not understood"),
    }
}
