// Calls a model with official clients on Node, as their users call them. One job a line on standard input, one result
// a line on standard output: {client, base, key, model, case} -> {text | calls, finish, usage} or {error}.
//
// `case` is text, stream, tool (the model asks for a call), result (the call's result is sent after a tool case of the
// same client) or streamed-tool (the call comes in pieces).

import { createInterface } from "node:readline";

import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import Anthropic from "@anthropic-ai/sdk";
import { generateText, streamText, tool } from "ai";
import { z } from "zod";

const SYSTEM = "Be brief.";
const PROMPT = "hello";
const RESULT = "sunny, 21 degrees";
const DESCRIPTION = "The weather of a city.";

const providers = {
  "ai-chat": ({ base, key, model }) => createOpenAI({ baseURL: `${base}/v1`, apiKey: key }).chat(model),
  "ai-responses": ({ base, key, model }) => createOpenAI({ baseURL: `${base}/v1`, apiKey: key }).responses(model),
  "ai-anthropic": ({ base, key, model }) => createAnthropic({ baseURL: `${base}/v1`, apiKey: key })(model),
  "ai-google": ({ base, key, model }) =>
    createGoogleGenerativeAI({ baseURL: `${base}/v1beta`, apiKey: key })(model),
};

/** What each client said so far, for the case `result`. */
const conversations = new Map();

async function withAI(job) {
  const common = { model: providers[job.client](job), system: SYSTEM, maxRetries: 0, maxOutputTokens: 500 };
  const tools = {
    get_weather: tool({
      description: DESCRIPTION,
      inputSchema: z.object({ city: z.string(), days: z.number().int() }),
    }),
  };
  if (job.case === "stream" || job.case === "streamed-tool") {
    let failure;
    const offered = job.case === "stream" ? {} : { tools };
    const stream = streamText({ ...common, ...offered, prompt: PROMPT, onError: ({ error }) => (failure = error) });
    let text = "";
    for await (const piece of stream.textStream) text += piece;
    if (failure) throw failure;
    const calls = (await stream.toolCalls).map(({ toolName, input }) => ({ name: toolName, arguments: input }));
    return shown(await stream.finishReason, await stream.usage, { text, calls });
  }
  const asked = { role: "user", content: PROMPT };
  if (job.case === "tool") {
    const { response, toolCalls, finishReason, usage } = await generateText({ ...common, tools, messages: [asked] });
    conversations.set(job.client, { messages: response.messages, calls: toolCalls });
    const calls = toolCalls.map(({ toolName, input }) => ({ name: toolName, arguments: input }));
    return shown(finishReason, usage, { calls });
  }
  if (job.case === "result") {
    const { messages, calls } = conversations.get(job.client);
    const content = calls.map(({ toolCallId, toolName }) => ({
      type: "tool-result", toolCallId, toolName, output: { type: "text", value: RESULT },
    }));
    const all = [asked, ...messages, { role: "tool", content }];
    const { text, finishReason, usage } = await generateText({ ...common, tools, messages: all });
    return shown(finishReason, usage, { text });
  }
  const { text, finishReason, usage } = await generateText({ ...common, prompt: PROMPT });
  return shown(finishReason, usage, { text });
}

function shown(finish, usage, rest) {
  return { ...rest, finish, usage: { input: usage.inputTokens, output: usage.outputTokens, cached: usage.cachedInputTokens } };
}

async function withAnthropic(job) {
  const client = new Anthropic({ baseURL: job.base, apiKey: job.key, maxRetries: 0 });
  const common = { model: job.model, max_tokens: 500, system: SYSTEM };
  const schema = {
    type: "object",
    properties: { city: { type: "string" }, days: { type: "integer" } },
    required: ["city", "days"],
  };
  const tools = [{ name: "get_weather", description: DESCRIPTION, input_schema: schema }];
  const asked = { role: "user", content: PROMPT };
  if (job.case === "stream" || job.case === "streamed-tool") {
    let text = "";
    const offered = job.case === "stream" ? {} : { tools };
    const stream = client.messages.stream({ ...common, ...offered, messages: [asked] });
    stream.on("text", (piece) => (text += piece));
    const message = await stream.finalMessage();
    return said(message, { text, calls: called(message) });
  }
  if (job.case === "tool") {
    const message = await client.messages.create({ ...common, tools, messages: [asked] });
    conversations.set(job.client, message.content);
    return said(message, { calls: called(message) });
  }
  const messages = [asked];
  if (job.case === "result") {
    const content = conversations.get(job.client);
    const results = content
      .filter(({ type }) => type === "tool_use")
      .map(({ id }) => ({ type: "tool_result", tool_use_id: id, content: RESULT }));
    messages.push({ role: "assistant", content }, { role: "user", content: results });
  }
  const message = await client.messages.create({ ...common, ...(job.case === "result" ? { tools } : {}), messages });
  return said(message, { text: message.content.map(({ text }) => text ?? "").join("") });
}

function called({ content }) {
  return content.filter(({ type }) => type === "tool_use").map(({ name, input }) => ({ name, arguments: input }));
}

function said(message, rest) {
  const { input_tokens: input, output_tokens: output, cache_read_input_tokens: cached } = message.usage;
  return { ...rest, finish: message.stop_reason, usage: { input: input + cached, output, cached } };
}

for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  let result;
  try {
    result = await (job.client === "anthropic" ? withAnthropic(job) : withAI(job));
  } catch (error) {
    result = { error: `${error.name}: ${error.message}`, status: error.statusCode ?? error.status ?? null };
  }
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
