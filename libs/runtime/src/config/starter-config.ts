/** The file that `tidemark init` writes: valid as it stands, with the choices beside it. */
export function starterConfig(): string {
  return `# yaml-language-server: $schema=./tidemark.schema.json
# Tidemark: what is indexed, and how. Check it with: tidemark config check
version: 1

# What decides a vector. A change here is a new generation: see \`tidemark plan\`.
vectors:
  embedder: minilm                  # built in; needs no network
  chunker: { kind: structure, maxTokens: 200 }
  normalize: nfc

# embedders:                        # any OpenAI-compatible endpoint
#   openai:
#     kind: openai
#     baseUrl: "https://api.openai.com/v1"
#     model: text-embedding-3-small
#     dimensions: 1536
#     apiKey: "\${env:OPENAI_API_KEY}"           # \${env:NAME} or \${file:/path}, never the key itself
#     price: { perMillionTokens: 0.02, currency: USD }
#     budget: { perDay: 5 }         # reached, embedding waits and says so

generations:
  onChange: plan                    # plan: print the price and wait for \`tidemark apply\` | apply
  keep: 72h                         # the old generation stays fresh this long

defaults:                           # every source may say otherwise
  window: { wait: 5s, max: 10 }     # or { schedule: "0 3 * * *" }
  hold: { above: 10, share: 10% }   # deletes past both wait for \`tidemark reconcile --confirm\`
  permissions: deny                 # a document whose permissions are not known is unreadable

sources:
  docs:
    kind: folder
    path: ./docs                    # relative to this file
    tenant: "*"                     # every tenant sees it
    include: ["**/*.md", "**/*.html", "**/*.pdf", "**/*.docx", "**/*.txt"]
    scan: 5m                        # finds what watching missed
    # probe: { every: 1m, within: 60s } # a document of Tidemark's own, written here and searched for
    permissions: public
    # rules:                        # the first that matches wins; front matter wins over rules
    #   - { match: "hr/**", permissions: ["group:hr"], metadata: { area: hr } }
    #   - { match: "old/**", archived: true }
  app:
    kind: push                      # PUT /v1/sources/app/documents/{key}

# tenants: { required: true }       # refuse what names no tenant

objectives:
  - { change: 99% within 60s, restriction: 99.9% within 5s, over: 30d }

server:
  listen: "127.0.0.1:8787"          # off loopback, keys are required: see \`tidemark keys\`
  # keys: "\${file:/run/secrets/tidemark-keys}"
  memoryMax: 1GiB
  drain: 10s
`;
}
