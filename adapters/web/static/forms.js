// Dialogs: forms that the bot opens, and the page's own. Each field has a label, a hint and a place for its error.

import { el, part } from "./message.js";
import { Refusal } from "./server.js";

const FEW = 6;
let count = 0;

function control(field, id, describedBy) {
  const common = { id, name: field.name, "aria-describedby": describedBy, "aria-required": field.required ? "true" : null };
  switch (field.kind) {
    case "text": {
      const area = el("textarea", { ...common, rows: 5 });
      area.value = field.value;
      return area;
    }
    case "choice": {
      if (field.options.length <= FEW) return group(field, id, "radio");
      const none = el("option", { value: "" }, "Choose…");
      const select = el("select", common, none, ...field.options.map(([value, label]) => el("option", { value }, label)));
      select.value = field.value;
      return select;
    }
    case "choices":
      return group(field, id, "checkbox");
    case "check":
      return el("input", { ...common, type: "checkbox", value: "yes", checked: field.value === "yes" });
    default: {
      const type = { date: "date", time: "time", email: "email" }[field.kind] ?? "text";
      return el("input", { ...common, type, value: field.value });
    }
  }
}

function group(field, id, type) {
  const chosen = type === "checkbox" ? field.value.split(",") : [field.value];
  const options = field.options.map(([value, label], n) => {
    const input = el("input", { type, id: n === 0 ? id : `${id}-${n}`, name: field.name, value, checked: chosen.includes(value) });
    return el("label", { class: "option" }, input, el("span", {}, label));
  });
  return el("div", { class: "options" }, ...options);
}

function row(field, form) {
  const id = `f${form}-${field.name.replace(/\W/g, "_")}`;
  const hint = field.hint ? el("p", { class: "hint", id: `${id}-hint` }, field.hint) : null;
  const error = el("p", { class: "error", id: `${id}-error` });
  const describedBy = [hint && hint.id, error.id].filter(Boolean).join(" ");
  const optional = field.required || field.kind === "check" ? null : el("span", { class: "optional" }, " (optional)");
  const input = control(field, id, describedBy);
  const attributes = { class: "field", "data-field": field.name };
  if (input.classList.contains("options")) {
    return el("fieldset", { ...attributes, "aria-describedby": describedBy }, el("legend", {}, field.label, optional), hint, input, error);
  }
  const label = el("label", { for: id }, field.label, optional);
  if (field.kind === "check") return el("div", attributes, el("div", { class: "option" }, input, label), hint, error);
  return el("div", attributes, label, hint, input, error);
}

function valuesOf(form, fields) {
  const data = new FormData(form);
  return Object.fromEntries(
    fields.map(({ name, kind }) => [name, kind === "choices" ? data.getAll(name).map(String) : String(data.get(name) ?? "")]),
  );
}

function showErrors(form, errors) {
  let first = null;
  for (const field of form.querySelectorAll(".field")) {
    const sentence = errors[field.dataset.field] ?? "";
    field.querySelector(".error").textContent = sentence;
    for (const input of field.querySelectorAll("input, select, textarea")) {
      if (sentence) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
    if (sentence) first ??= field.querySelector("input, select, textarea");
  }
  const named = new Set([...form.querySelectorAll(".field")].map((field) => field.dataset.field));
  const rest = Object.entries(errors).filter(([name]) => !named.has(name)).map(([, sentence]) => sentence);
  const whole = form.querySelector(".form-error");
  whole.textContent = rest.join(" ");
  (first ?? (rest.length ? whole : null))?.focus();
}

// `onSubmit(values)` resolves to an object of errors that keeps the dialog open, or to null, which closes it.
// `onPress(button)` serves buttons above the fields.
export function openForm(form, onSubmit, onPress = null) {
  count += 1;
  const title = `form-title-${count}`;
  const fields = form.fields.map((field) => row(field, count));
  const submit = el("button", { type: "submit", class: "button primary" }, form.submit);
  const cancel = el("button", { type: "button", class: "button plain" }, "Cancel");
  const whole = el("p", { class: "form-error", role: "alert", tabindex: "-1" });
  const body = el("form", { novalidate: true }, el("h2", { id: title }, form.title));
  const dialog = el("dialog", { class: "dialog", "aria-labelledby": title }, body);
  const intro = form.parts.map((each) => part(each, (button) => onPress?.(button, () => dialog.close())));
  body.append(el("div", { class: "form-body" }, ...intro, ...fields), whole, el("div", { class: "form-foot" }, cancel, submit));

  let dirty = false;
  body.addEventListener("input", () => {
    dirty = true;
  });
  // What was written is not thrown away by one stray Escape.
  dialog.addEventListener("cancel", (event) => {
    if (!dirty) return;
    event.preventDefault();
    dirty = false;
    whole.textContent = "Press Escape again to close this and discard what you wrote.";
  });
  cancel.addEventListener("click", () => dialog.close());
  body.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.getAttribute("aria-busy") === "true") return;
    submit.setAttribute("aria-busy", "true");
    try {
      const errors = await onSubmit(valuesOf(body, form.fields));
      if (errors) showErrors(body, errors);
      else dialog.close();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      showErrors(body, { "": error.message });
    } finally {
      submit.removeAttribute("aria-busy");
    }
  });
  return openDialog(dialog, body.querySelector("[aria-invalid], input, select, textarea"));
}

export function openDialog(dialog, first = null) {
  const opener = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (opener?.isConnected) opener.focus();
    else document.getElementById("text").focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  first?.focus();
  return dialog;
}
