//! Named classes: `\p{Lu}`, `\p{Alpha}`, `\p{IsLatin}`, `\p{InGreek}`, `\p{javaLowerCase}`.

use super::flags::Flags;

/// The general categories by their short names.
const CATEGORIES: [&str; 37] = [
    "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "LC", "LD", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn",
    "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z",
    "Zl",
];

/// Blocks that patterns ask for, by name without blanks and in small letters. All others are refused.
const BLOCKS: [(&str, u32, u32); 30] = [
    ("basiclatin", 0x0, 0x7F),
    ("latin-1supplement", 0x80, 0xFF),
    ("latinextended-a", 0x100, 0x17F),
    ("latinextended-b", 0x180, 0x24F),
    ("ipaextensions", 0x250, 0x2AF),
    ("spacingmodifierletters", 0x2B0, 0x2FF),
    ("combiningdiacriticalmarks", 0x300, 0x36F),
    ("greek", 0x370, 0x3FF),
    ("greekandcoptic", 0x370, 0x3FF),
    ("cyrillic", 0x400, 0x4FF),
    ("armenian", 0x530, 0x58F),
    ("hebrew", 0x590, 0x5FF),
    ("arabic", 0x600, 0x6FF),
    ("devanagari", 0x900, 0x97F),
    ("thai", 0xE00, 0xE7F),
    ("hanguljamo", 0x1100, 0x11FF),
    ("latinextendedadditional", 0x1E00, 0x1EFF),
    ("greekextended", 0x1F00, 0x1FFF),
    ("generalpunctuation", 0x2000, 0x206F),
    ("superscriptsandsubscripts", 0x2070, 0x209F),
    ("currencysymbols", 0x20A0, 0x20CF),
    ("letterlikesymbols", 0x2100, 0x214F),
    ("numberforms", 0x2150, 0x218F),
    ("arrows", 0x2190, 0x21FF),
    ("mathematicaloperators", 0x2200, 0x22FF),
    ("hiragana", 0x3040, 0x309F),
    ("katakana", 0x30A0, 0x30FF),
    ("cjkunifiedideographs", 0x4E00, 0x9FFF),
    ("hangulsyllables", 0xAC00, 0xD7AF),
    ("emoticons", 0x1F600, 0x1F64F),
];

/// The items of a class by its name; `None` where Java knows no such class.
pub(super) fn property(name: &str, flags: Flags) -> Option<String> {
    if let Some((key, value)) = name.split_once('=') {
        return match key.to_lowercase().as_str() {
            "sc" | "script" => Some(script(value)),
            "blk" | "block" => block(value),
            "gc" | "general_category" => category(value, flags),
            _ => None,
        };
    }
    if let Some(rest) = name.strip_prefix("In") {
        return block(rest);
    }
    if let Some(rest) = name.strip_prefix("Is") {
        return binary(rest)
            .map(str::to_owned)
            .or_else(|| category(rest, flags))
            .or_else(|| Some(script(rest)));
    }
    if let Some(items) = ascii(name, flags.ignore_case) {
        return Some(items.to_owned());
    }
    java(name).map(str::to_owned).or_else(|| category(name, flags))
}

/// Whether there is such a script, the engine says when it compiles the pattern.
fn script(name: &str) -> String {
    let name: String = name.chars().filter(|char| char.is_alphanumeric() || *char == '_').collect();
    format!("\\p{{Script={name}}}")
}

fn block(name: &str) -> Option<String> {
    let wanted: String =
        name.chars().filter(|char| !matches!(char, ' ' | '_')).collect::<String>().to_lowercase();
    let (_, low, high) = BLOCKS.iter().find(|(known, ..)| *known == wanted)?;
    Some(format!("\\x{{{low:X}}}-\\x{{{high:X}}}"))
}

fn category(name: &str, flags: Flags) -> Option<String> {
    Some(match name {
        "Lu" | "Ll" | "Lt" if flags.ignore_case => "\\p{Lu}\\p{Ll}\\p{Lt}".to_owned(),
        "LC" => "\\p{Lu}\\p{Ll}\\p{Lt}".to_owned(),
        "LD" => "\\p{L}\\p{Nd}".to_owned(),
        "L1" => "\\x00-\\x{FF}".to_owned(),
        "all" | "ALL" => "\\x00-\\x{10FFFF}".to_owned(),
        "ASCII" => "\\x00-\\x7F".to_owned(),
        "Zp" | "Zs" => format!("\\p{{{name}}}"),
        // No text has halves of pairs.
        "Cs" => "a&&b".to_owned(),
        known if CATEGORIES.contains(&known) => format!("\\p{{{known}}}"),
        _ => return None,
    })
}

/// The classes of POSIX, ASCII only.
fn ascii(name: &str, ignore_case: bool) -> Option<&'static str> {
    Some(match name {
        "Lower" | "Upper" if ignore_case => "A-Za-z",
        "Lower" => "a-z",
        "Upper" => "A-Z",
        "Alpha" => "A-Za-z",
        "Digit" => "0-9",
        "Alnum" => "A-Za-z0-9",
        "Punct" => "\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E",
        "Graph" => "\\x21-\\x7E",
        "Print" => "\\x20-\\x7E",
        "Blank" => " \\t",
        "Cntrl" => "\\x00-\\x1F\\x7F",
        "XDigit" => "0-9A-Fa-f",
        "Space" => " \\t\\n\\x0B\\x0C\\r",
        _ => return None,
    })
}

/// The questions of Java's `Character`.
fn java(name: &str) -> Option<&'static str> {
    Some(match name {
        "javaLowerCase" => "\\p{Lowercase}",
        "javaUpperCase" => "\\p{Uppercase}",
        "javaAlphabetic" => "\\p{Alphabetic}",
        "javaIdeographic" => "\\p{Ideographic}",
        "javaTitleCase" => "\\p{Lt}",
        "javaDigit" => "\\p{Nd}",
        "javaDefined" => "\\P{Cn}",
        "javaLetter" => "\\p{L}",
        "javaLetterOrDigit" => "\\p{L}\\p{Nd}",
        "javaSpaceChar" => "\\p{Z}",
        "javaISOControl" => "\\x00-\\x1F\\x7F-\\x{9F}",
        "javaWhitespace" => {
            "\\t-\\r\\x1C-\\x1F \\x{1680}\\x{2000}-\\x{2006}\\x{2008}-\\x{200A}\\x{2028}\\x{2029}\\x{205F}\\x{3000}"
        }
        _ => return None,
    })
}

/// The yes-or-no properties of Unicode.
fn binary(name: &str) -> Option<&'static str> {
    Some(match name.to_uppercase().as_str() {
        "ALPHABETIC" => "\\p{Alphabetic}",
        "LETTER" => "\\p{L}",
        "IDEOGRAPHIC" => "\\p{Ideographic}",
        "LOWERCASE" => "\\p{Lowercase}",
        "UPPERCASE" => "\\p{Uppercase}",
        "TITLECASE" => "\\p{Lt}",
        "WHITE_SPACE" | "WHITESPACE" => "\\p{White_Space}",
        "CONTROL" => "\\p{Cc}",
        "PUNCTUATION" => "\\p{P}",
        "HEX_DIGIT" | "HEXDIGIT" => "\\p{Hex_Digit}",
        "ASSIGNED" => "\\P{Cn}",
        "NONCHARACTER_CODE_POINT" | "NONCHARACTERCODEPOINT" => "\\p{Noncharacter_Code_Point}",
        "DIGIT" => "\\p{Nd}",
        "ALNUM" => "\\p{Alphabetic}\\p{Nd}",
        "BLANK" => "\\p{Zs}\\t",
        "JOIN_CONTROL" | "JOINCONTROL" => "\\p{Join_Control}",
        "EMOJI" => "\\p{Emoji}",
        "EMOJI_PRESENTATION" => "\\p{Emoji_Presentation}",
        "EMOJI_MODIFIER" => "\\p{Emoji_Modifier}",
        "EMOJI_MODIFIER_BASE" => "\\p{Emoji_Modifier_Base}",
        "EMOJI_COMPONENT" => "\\p{Emoji_Component}",
        "EXTENDED_PICTOGRAPHIC" => "\\p{Extended_Pictographic}",
        _ => return None,
    })
}
