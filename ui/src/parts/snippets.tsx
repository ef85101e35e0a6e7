/** The first call, ready to copy: curl, and the SDKs that people have. Each of them can ask for any model. */
import { useState } from "react";
import { Code } from "./words";
import { Tabs } from "./tabs";

type Client = "curl" | "python" | "typescript" | "anthropic" | "gemini";

const CLIENTS: { key: Client; label: string }[] = [
  { key: "curl", label: "curl" },
  { key: "python", label: "Python" },
  { key: "typescript", label: "TypeScript" },
  { key: "anthropic", label: "Anthropic SDK" },
  { key: "gemini", label: "Gemini SDK" },
];

export function Snippets({ url, token, model }: { url: string; token: string; model: string }) {
  const [client, setClient] = useState<Client>("curl");
  return (
    <Tabs label="Client" value={client} onChange={setClient} tabs={CLIENTS}>
      <Code text={snippet(client, url.replace(/\/$/, ""), token, model)} label={`${client} call`} />
    </Tabs>
  );
}

function snippet(client: Client, url: string, token: string, model: string): string {
  if (client === "curl") {
    return `curl ${url}/v1/chat/completions \\
  -H "Authorization: Bearer ${token}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello"}]}'`;
  }
  if (client === "python") {
    return `from openai import OpenAI

client = OpenAI(base_url="${url}/v1", api_key="${token}")
answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)`;
  }
  if (client === "anthropic") {
    return `from anthropic import Anthropic

client = Anthropic(base_url="${url}", api_key="${token}")
message = client.messages.create(
    model="${model}",
    max_tokens=200,
    messages=[{"role": "user", "content": "Hello"}],
)
print(message.content[0].text)`;
  }
  if (client === "gemini") {
    return `from google import genai

client = genai.Client(api_key="${token}", http_options={"base_url": "${url}"})
answer = client.models.generate_content(model="${model}", contents="Hello")
print(answer.text)`;
  }
  return `import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${url}/v1", apiKey: "${token}" });
const answer = await client.chat.completions.create({
  model: "${model}",
  messages: [{ role: "user", content: "Hello" }],
});
console.log(answer.choices[0].message.content);`;
}
