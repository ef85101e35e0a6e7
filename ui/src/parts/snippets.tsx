/** The first call, ready to copy: curl, Python, TypeScript. */
import { useState } from "react";
import { Code } from "./words";
import { Tabs } from "./tabs";

type Language = "curl" | "python" | "typescript";

export function Snippets({ url, token, model }: { url: string; token: string; model: string }) {
  const [language, setLanguage] = useState<Language>("curl");
  return (
    <Tabs label="Language" value={language} onChange={setLanguage} tabs={[{ key: "curl", label: "curl" }, { key: "python", label: "Python" }, { key: "typescript", label: "TypeScript" }]}>
      <Code text={snippet(language, url.replace(/\/$/, ""), token, model)} label={`${language} call`} />
    </Tabs>
  );
}

function snippet(language: Language, url: string, token: string, model: string): string {
  if (language === "curl") {
    return `curl ${url}/v1/chat/completions \\
  -H "Authorization: Bearer ${token}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello"}]}'`;
  }
  if (language === "python") {
    return `from openai import OpenAI

client = OpenAI(base_url="${url}/v1", api_key="${token}")
answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)`;
  }
  return `import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${url}/v1", apiKey: "${token}" });
const answer = await client.chat.completions.create({
  model: "${model}",
  messages: [{ role: "user", content: "Hello" }],
});
console.log(answer.choices[0].message.content);`;
}
