//! The settings as the person wrote them: changes go in field by field, and all else stays, in
//! its order.

use serde_json::{Map, Value};

/// Brings what changed from `before` to `after` into `written`.
pub(super) fn patch(written: &mut Value, before: &Value, after: &Value) {
    if before == after {
        return;
    }
    match (written, before, after) {
        (Value::Object(written), Value::Object(before), Value::Object(after)) => {
            patch_object(written, before, after);
        }
        (Value::Array(written), Value::Array(before), Value::Array(after)) => {
            *written = patch_array(written, before, after);
        }
        (written, _, after) => *written = after.clone(),
    }
}

fn patch_object(
    written: &mut Map<String, Value>,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) {
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        written.shift_remove(name);
    }
    for (name, value) in after {
        match (written.get_mut(name), before.get(name)) {
            (_, Some(old)) if old == value => {}
            (Some(place), Some(old)) => patch(place, old, value),
            (Some(_) | None, _) => {
                written.insert(name.clone(), value.clone());
            }
        }
    }
}

/// Things with an id are the same thing when they have the same id.
fn patch_array(written: &[Value], before: &[Value], after: &[Value]) -> Vec<Value> {
    let of =
        |list: &[Value], id: &Value| list.iter().find(|item| item.get("id") == Some(id)).cloned();
    let patched = |value: &Value| {
        let id = value.get("id")?;
        let mut item = of(written, id)?;
        patch(&mut item, &of(before, id)?, value);
        Some(item)
    };
    let item = |value| patched(value).unwrap_or_else(|| value.clone());
    after.iter().map(item).collect()
}
