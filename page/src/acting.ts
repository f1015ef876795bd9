// SPDX-License-Identifier: MIT
// The view that acts with a wallet: what to do, what that would bring, and what became of it.
import { createStore, type EIP6963ProviderDetail } from "mipd";
import { foreign, h, section, type Child } from "./dom";
import { exact, grouped, GWEI, parseNmr, shortAddress } from "./format";
import { LANES } from "./protocol";
import { IDLE_ROW } from "./replay";
import type { Config } from "./snapshot";
import type { Shown } from "./views";
import { Refused, Wallet, type Call, type Fate } from "./wallet";

const ALL = (1n << 256n) - 1n;
const LANE = (1n << 60n) - 1n;
const wallets = createStore();
let wallet: Wallet | undefined;

/** What an action needs from the form. */
interface Typed {
  model: number;
  pool: string;
  place: bigint;
  round: bigint;
  label: string;
  compound: boolean;
  /** Wei; `ALL` where everything is asked for. */
  amount: bigint;
}

/** What an action would do: a call, what has to be allowed first, and the outcome in words. */
interface Plan {
  call: Call;
  allow?: { spender: string; amount: bigint };
  outcome: Child[];
}

type Field = "model" | "pool" | "place" | "round" | "label" | "compound" | "amount";

interface Action {
  title: string;
  fields: Field[];
  /** Whether an amount that is left out means everything. */
  whole?: boolean;
  plan(typed: Typed, by: Wallet, tournament: string): Promise<Plan>;
}

const nmr = (wei: bigint): string => `${exact(wei, 18)} NMR`;

const ACTIONS: Record<string, Action> = {
  register: {
    title: "Register a model",
    fields: ["label"],
    async plan({ label }, by, tournament) {
      const call: Call = { contract: "Tournament", to: tournament, name: "register", args: [label, "0x0000000000000000000000000000000000000000"] };
      return { call, outcome: [`Model ${await by.simulate<bigint>(call)} becomes yours, labelled `, foreign(label), ". It moves no NMR."] };
    },
  },
  deposit: {
    title: "Deposit NMR",
    fields: ["model", "amount"],
    async plan({ model, amount: wei }, by, tournament) {
      const call: Call = { contract: "Tournament", to: tournament, name: "deposit", args: [BigInt(model), wei, by.account] };
      const allow = await allowance(by, tournament, wei);
      const note = await simulation(by, call, allow);
      const idle = await idleOf(by, tournament, model);
      const outcome = [`${await account(by, wei)} Model ${model} has ${nmr(idle)} idle and then ${nmr(idle + wei)}, which you can withdraw at any time.${note}`];
      return allow ? { call, allow, outcome } : { call, outcome };
    },
  },
  policy: {
    title: "Set what stays at stake",
    fields: ["model", "amount", "compound"],
    async plan({ model, amount: wei, compound }, by, tournament) {
      const call: Call = { contract: "Tournament", to: tournament, name: "set_policy", args: [BigInt(model), wei, compound] };
      await by.simulate(call);
      const keeps = compound ? `at least ${nmr(wei)} and all that it wins` : nmr(wei);
      return { call, outcome: [`In each round model ${model} has ${keeps} at stake, as far as its NMR goes. It moves no NMR now.`] };
    },
  },
  stake: {
    title: "Stake in the open round",
    fields: ["model", "amount"],
    async plan({ model, amount: wei }, by, tournament) {
      const call: Call = { contract: "Tournament", to: tournament, name: "stake", args: [BigInt(model), wei] };
      const allow = await allowance(by, tournament, wei);
      const note = await simulation(by, call, allow);
      const round = await by.read<bigint>({ contract: "Tournament", to: tournament, name: "last_opened", args: [] });
      const outcome = [`${await account(by, wei)} They are at stake for model ${model} in round ${round}, and may burn there. Until it locks you can leave.${note}`];
      return allow ? { call, allow, outcome } : { call, outcome };
    },
  },
  leave: {
    title: "Leave a round",
    fields: ["model", "round", "amount"],
    whole: true,
    async plan({ model, round, amount: wei }, by, tournament) {
      const call: Call = { contract: "Tournament", to: tournament, name: "leave", args: [BigInt(model), round, wei] };
      const left = await by.simulate<bigint>(call);
      const idle = await idleOf(by, tournament, model);
      return { call, outcome: [`${nmr(left)} leave round ${round}. Model ${model} has ${nmr(idle)} idle and then ${nmr(idle + left)}.`] };
    },
  },
  withdraw: {
    title: "Withdraw idle NMR",
    fields: ["model", "amount"],
    whole: true,
    async plan({ model, amount: wei }, by, tournament) {
      const call: Call = { contract: "Tournament", to: tournament, name: "withdraw", args: [BigInt(model), wei, by.account] };
      const out = await by.simulate<bigint>(call);
      return { call, outcome: [`${nmr(out)} of model ${model} come to your account.`] };
    },
  },
  enter: {
    title: "Enter a pool",
    fields: ["pool", "place", "amount"],
    async plan({ pool, place, amount: wei }, by) {
      const call: Call = { contract: "Pool", to: pool, name: "enter_order", args: [place, wei] };
      const allow = await allowance(by, pool, wei);
      const note = await simulation(by, call, allow);
      const outcome = [`${nmr(wei)} go from your account to the pool, and buy shares of place ${place} at its next fill, as far as they fit. Until then you can cancel.${note}`];
      return allow ? { call, allow, outcome } : { call, outcome };
    },
  },
  exit: {
    title: "Leave a pool",
    fields: ["pool", "place"],
    async plan({ pool, place }, by) {
      const call: Call = { contract: "Pool", to: pool, name: "exit_order", args: [place, ALL] };
      await by.simulate(call);
      const view = await by.read<{ value: bigint }>({ contract: "Pool", to: pool, name: "holding_view", args: [place, by.account] });
      return { call, outcome: [`All your shares of place ${place} are ordered out. They are worth ${nmr(view.value)} now, and the next checkpoint pays their exact part; claim it then.`] };
    },
  },
  claim: {
    title: "Claim from a pool",
    fields: ["pool", "place"],
    async plan({ pool, place }, by) {
      const call: Call = { contract: "Pool", to: pool, name: "claim", args: [place] };
      return { call, outcome: [`${nmr(await by.simulate<bigint>(call))} come to your account, and shares that were bought are booked.`] };
    },
  },
  cancel: {
    title: "Cancel an order to enter a pool",
    fields: ["pool", "place"],
    async plan({ pool, place }, by) {
      const call: Call = { contract: "Pool", to: pool, name: "cancel_entry", args: [place] };
      await by.simulate(call);
      const view = await by.read<{ entry_order: bigint }>({ contract: "Pool", to: pool, name: "holding_view", args: [place, by.account] });
      return { call, outcome: [`${nmr(view.entry_order)} that wait come back to your account.`] };
    },
  },
};

/** What has to be allowed before a spender can take wei of the account; undefined where it is. */
async function allowance(by: Wallet, spender: string, wei: bigint): Promise<{ spender: string; amount: bigint } | undefined> {
  const found = await by.read<bigint>({ contract: "Numeraire", to: by.only("Numeraire").address, name: "allowance", args: [by.account, spender] });
  return found < wei ? { spender, amount: wei } : undefined;
}

/** Simulate a call that takes NMR of the account; gives what has to be said of that. */
async function simulation(by: Wallet, call: Call, allow: { spender: string; amount: bigint } | undefined): Promise<string> {
  return (await by.simulateAllowed(call, allow)) ? "" : " The wallet's node cannot simulate it before it is allowed: that comes then, before it is sent.";
}

/** What the account has, and has once wei left it. */
async function account(by: Wallet, wei: bigint): Promise<string> {
  const balance = await by.read<bigint>({ contract: "Numeraire", to: by.only("Numeraire").address, name: "balanceOf", args: [by.account] });
  return `Your account has ${nmr(balance)} and then ${nmr(balance - wei)}.`;
}

async function idleOf(by: Wallet, tournament: string, model: number): Promise<bigint> {
  const [word] = await by.read<bigint[]>({ contract: "Tournament", to: tournament, name: "words", args: [BigInt(IDLE_ROW), BigInt(Math.floor(model / LANES)), 1n] });
  return ((word! >> BigInt(60 * (model % LANES))) & LANE) * GWEI;
}

/** Why the page does not act; undefined where it does. */
export function hindrance(search: URLSearchParams): string | undefined {
  if (window.top !== window.self) return "This page is in a frame of another page, which could lay something over its buttons. It does not act there: open it by itself.";
  if (search.has("record") || search.has("node")) return "The address of this page names a record or a node, which may be anybody's: it only reads. Open it without them to act.";
  return undefined;
}

export function act(shown: Shown, config: Config, search: URLSearchParams, moved: () => void): HTMLElement[] {
  const hindered = hindrance(search);
  const title = h("h2", null, "Act");
  if (hindered !== undefined) return [title, h("p", { class: "alert", id: "hindered" }, hindered)];
  const part = config.record.parts[shown.name];
  if (part?.contract !== "Tournament") return [title, h("p", { class: "alert", id: "hindered" }, "The record that is built into this page has no such tournament.")];
  const { address } = part;
  const place = h("div", { id: "acting" });
  const status = h("p", { role: "status", id: "act-status" });
  const choose = (): void => {
    wallet = undefined;
    const list = h("div", { class: "pages", id: "wallets" });
    const draw = (found: readonly EIP6963ProviderDetail[]): void => {
      list.replaceChildren(...(found.length ? found.map((each) => walletButton(each, connect)) : [h("p", null, "No wallet announced itself (EIP-6963).")]));
    };
    place.replaceChildren(h("p", null, "Choose a wallet. Nothing is sent before it asks you."), list);
    draw(wallets.getProviders());
    const stop = wallets.subscribe((found) => { if (list.isConnected) draw(found); else stop(); });
    wallets.reset();
  };
  const connect = async (chosen: EIP6963ProviderDetail): Promise<void> => {
    status.textContent = "Asking the wallet for its account, and for the code of the contracts.";
    try {
      wallet = await Wallet.connect(chosen.provider, config.record);
      for (const event of ["accountsChanged", "chainChanged"] as const) chosen.provider.on(event, () => { if (place.isConnected) choose(); });
      status.textContent = "";
      form();
    } catch (error) {
      status.replaceChildren(alert(error));
    }
  };
  const form = (): void => {
    const by = wallet!;
    place.replaceChildren(
      h("p", null, "Account ", h("code", { id: "account" }, by.account), ". The code of all contracts is that of the record."),
      actionForm(shown, address, by, moved),
    );
  };
  if (wallet) form();
  else choose();
  return [title, place, status, section("What to know",
    h("p", null, "Each action is simulated before the wallet asks you, and what it would bring is shown. A contract's refusal is shown in its own words. Approvals are for exactly the amount. Predictions are submitted by ", h("code", null, "nmr submit"), ", not here."))];
}

function alert(error: unknown): HTMLElement {
  return h("span", { role: "alert" }, error instanceof Error ? error.message : String(error));
}

/** Name and icon are the wallet's: the icon is only ever an image, and the name text. */
function walletButton(detail: EIP6963ProviderDetail, connect: (detail: EIP6963ProviderDetail) => Promise<void>): HTMLElement {
  const icon = String(detail.info.icon);
  const image = /^data:image\/(png|svg\+xml|jpeg|webp|gif)[;,]/.test(icon) && icon.length < 200_000 ? h("img", { src: icon, alt: "", width: 24, height: 24 }) : null;
  return h("button", { type: "button", class: "wallet", onclick: () => void connect(detail) }, image, foreign(String(detail.info.name)));
}

function actionForm(shown: Shown, address: string, by: Wallet, moved: () => void): HTMLElement {
  const { tournament } = shown;
  const { owners, owner, label } = tournament.models;
  const mine = label.flatMap((_, model) => (owners[owner[model]!]!.toLowerCase() === by.account.toLowerCase() ? [model] : []));
  const option = (value: string, text: string): HTMLElement => h("option", { value }, text);
  // An option holds no element: the label is isolated by characters.
  const plain = (text: string): string => `\u2068${foreign(text).textContent ?? ""}\u2069`;
  const model = h("input", { id: "act-model", inputmode: "numeric", autocomplete: "off", value: String(mine[0] ?? "") });
  const yours = h("p", { class: "note" }, mine.length ? "Yours: " : "None is yours in what this page shows.", ...mine.flatMap((each, index) => [index ? ", " : "", `${each} `, foreign(label[each]!)]));
  const pool = h("select", { id: "act-pool" }, tournament.pools.map((each) => option(each.address, `of model ${each.model} · ${plain(label[each.model] ?? "")} · ${shortAddress(each.address)}`)));
  const spot = h("select", { id: "act-place" }, (tournament.pools[0]?.places ?? []).map((_, number) => option(String(number), String(number))));
  const round = h("input", { id: "act-round", inputmode: "numeric", autocomplete: "off", value: String(tournament.rounds.at(-1)?.id ?? 0) });
  const text = h("input", { id: "act-label", autocomplete: "off", maxlength: 32 });
  const compound = h("input", { id: "act-compound", type: "checkbox" });
  const wei = h("input", { id: "act-amount", inputmode: "decimal", autocomplete: "off" });
  const labelled = (field: Field, words: string, input: HTMLElement): [Field, HTMLElement] => [field, h("p", { class: "field" }, h("label", { for: input.id }, words), " ", input)];
  const fields = new Map<Field, HTMLElement>([
    ["model", h("div", null, labelled("model", "Model", model)[1], yours)], labelled("pool", "Pool", pool), labelled("place", "Place", spot), labelled("round", "Round", round), labelled("label", "Label", text),
    labelled("compound", "Keep what a round adds at stake", compound), labelled("amount", "NMR", wei),
  ]);
  const kinds = h("select", { id: "act-kind", onchange: () => draw() }, Object.entries(ACTIONS).map(([name, each]) => option(name, each.title)));
  const shownFields = h("div");
  const outcome = h("div", { id: "act-outcome" });
  const simulate = h("button", { type: "submit", id: "act-simulate" }, "Simulate");
  const draw = (): void => {
    const action = ACTIONS[kinds.value]!;
    shownFields.replaceChildren(...action.fields.map((each) => fields.get(each)!), ...(action.whole ? [h("p", { class: "note" }, "Leave NMR empty for all of it.")] : []));
    outcome.replaceChildren();
  };
  const typed = (action: Action): Typed => {
    const found = parseNmr(wei.value);
    const all = action.whole === true && wei.value.trim() === "";
    if (action.fields.includes("amount") && found === undefined && !all) throw new Refused("That is no amount of NMR with at most 9 decimals.");
    if (action.fields.includes("model") && !/^\d{1,9}$/.test(model.value.trim())) throw new Refused("That is no model.");
    if (action.fields.includes("pool") && pool.value === "") throw new Refused("This tournament has no pool.");
    if (action.fields.includes("round") && !/^\d{1,5}$/.test(round.value.trim())) throw new Refused("That is no round.");
    return { model: Number(model.value.trim()), pool: pool.value, place: BigInt(spot.value || 0), round: BigInt(round.value.trim() || 0), label: text.value, compound: compound.checked, amount: all ? ALL : (found ?? 0n) };
  };
  const run = async (event: Event): Promise<void> => {
    event.preventDefault();
    simulate.disabled = true;
    outcome.replaceChildren(h("p", null, "Simulating."));
    try {
      const action = ACTIONS[kinds.value]!;
      await by.requireChain();
      const wanted = typed(action);
      if (action.fields.includes("pool")) await by.requirePool(wanted.pool, address);
      const plan = await action.plan(wanted, by, address);
      outcome.replaceChildren(...planned(plan, by, moved));
    } catch (error) {
      outcome.replaceChildren(h("p", { class: "alert", id: "act-refusal" }, alert(error)));
    }
    simulate.disabled = false;
  };
  draw();
  return h("form", { onsubmit: (event) => void run(event) }, h("p", { class: "field" }, h("label", { for: "act-kind" }, "What "), kinds), shownFields, simulate, outcome);
}

/** The outcome of a plan, and the button that goes on. */
function planned(plan: Plan, by: Wallet, moved: () => void): HTMLElement[] {
  const { call, allow } = plan;
  const steps = allow === undefined ? "The wallet asks you once."
    : call.name === "deposit" ? `The wallet asks you twice: for a signature that allows the tournament exactly ${nmr(allow.amount)}, and for the transaction.`
      : `The wallet asks you twice: to approve exactly ${nmr(allow.amount)} for the contract, and for the transaction.`;
  const status = h("p", { role: "status", id: "act-fate" });
  const go = h("button", { type: "button", id: "act-send", onclick: () => void run() }, "Sign and send");
  const run = async (): Promise<void> => {
    go.disabled = true;
    try {
      const final = await allowed(plan, by, status);
      status.textContent = "Look at the wallet.";
      const fate = await sent(final, by, status);
      if (fate.kind === "mined") moved();
    } catch (error) {
      status.replaceChildren(alert(error));
      go.disabled = false;
    }
  };
  return [h("p", { class: "good", id: "act-plan" }, ...plan.outcome), h("p", { class: "note" }, steps), go, status];
}

/** The call once what it needs is allowed: by a permit within it, or by an approval before it. */
async function allowed({ call, allow }: Plan, by: Wallet, status: HTMLElement): Promise<Call> {
  if (!allow) return call;
  if (call.name === "deposit") {
    status.textContent = "Sign the permit in the wallet.";
    const permit = await by.permit(allow.spender, allow.amount);
    if (permit) {
      const [model, wei, owner] = call.args;
      const permitted: Call = { ...call, name: "deposit_with_permit", args: [model, wei, owner, allow.amount, permit.deadline, permit.v, permit.r, permit.s] };
      await by.simulate(permitted);
      return permitted;
    }
  }
  status.textContent = "Approve the amount in the wallet.";
  const approval: Call = { contract: "Numeraire", to: by.only("Numeraire").address, name: "approve", args: [allow.spender, allow.amount] };
  const fate = await sent(approval, by, status, "Approval: ");
  if (fate.kind !== "mined") throw new Refused("Without the approval nothing more is sent.");
  await by.simulate(call);
  return call;
}

async function sent(call: Call, by: Wallet, status: HTMLElement, what = ""): Promise<Fate> {
  const hash = await by.send(call);
  const show = (fate: Fate): void => { status.replaceChildren(h("span", null, what, fateWords(fate), " Transaction ", h("code", null, hash), ".")); };
  show({ kind: "waiting" });
  const fate = await by.follow(hash, call, show);
  show(fate);
  return fate;
}

/** What became of a transaction, in a sentence. */
export function fateWords(fate: Fate): string {
  switch (fate.kind) {
    case "waiting": return "Sent; it waits for a block.";
    case "stuck": return "It still waits: its fee may be too low. Speed it up or cancel it in the wallet.";
    case "replaced": return "It was replaced: another transaction of your account took its place, and nothing of this one happened.";
    case "dropped": return "It was dropped: the wallet's node does not know it any more. Nothing of it happened; send it again if you want to.";
    case "mined": return `Done in block ${grouped(fate.block)}.`;
    case "refused": return `It is in block ${grouped(fate.block)}, and was refused: ${fate.reason}. Nothing of it happened but its fee.`;
  }
}
