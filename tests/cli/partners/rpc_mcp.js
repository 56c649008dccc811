// The client of @modelcontextprotocol/sdk, which starts COMMAND as a server: prints its tools and what some do.
//
// usage: rpc_mcp.js COMMAND [ARG]...
const { Client } = require('@modelcontextprotocol/sdk/client');
const { StdioClientTransport } = require('@modelcontextprotocol/sdk/client/stdio.js');

const [command, ...args] = process.argv.slice(2);

async function main() {
  const client = new Client({ name: 'rpc_mcp', version: '1' });
  await client.connect(new StdioClientTransport({ command, args, env: process.env }));
  await client.ping();
  const { tools } = await client.listTools();
  tools.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, description, inputSchema } of tools)
    console.log('tool', name, description ?? '-', JSON.stringify(inputSchema));
  const calls = [['hello', { name: 'grüße 😀' }], ['fail', {}], ['hello', { name: 1 }], ['none', {}]];
  for (const [name, parameters] of calls)
    await client.callTool({ name, arguments: parameters }).then(
      ({ content, isError }) => console.log(`${name}:${isError ? ' error' : ''}`, JSON.stringify(content)),
      (error) => console.log(`${name}: ${error.code}`),
    );
  await client.close();
}

main();
