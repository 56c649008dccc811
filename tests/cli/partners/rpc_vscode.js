// vscode-jsonrpc, messages with Content-Length: a client of COMMAND over its standard input and output, or a server at
// the UNIX socket PATH.
//
// usage: rpc_vscode.js client COMMAND [ARG]... | server PATH
const net = require('net');
const { spawn } = require('child_process');
const rpc = require('vscode-jsonrpc/node');
const { ask, methods } = require('./rpc_methods.js');

const [what, ...words] = process.argv.slice(2);

async function beClient() {
  const server = spawn(words[0], words.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  const connection = rpc.createMessageConnection(
    new rpc.StreamMessageReader(server.stdout),
    new rpc.StreamMessageWriter(server.stdin),
  );
  connection.listen();
  await ask((method, params) => connection.sendRequest(method, ...[params].flat()));
  await connection.sendNotification('note', 'notified');
  server.on('exit', (status) => process.exit(status ?? 1));
  connection.end();
}

function beServer() {
  net
    .createServer((client) => {
      const connection = rpc.createMessageConnection(
        new rpc.StreamMessageReader(client),
        new rpc.StreamMessageWriter(client),
      );
      for (const [name, method] of Object.entries(methods)) {
        const run = (words) => method(words.length === 1 && typeof words[0] === 'object' ? words[0] : words);
        connection.onRequest(name, (...words) => {
          try {
            return run(words.slice(0, -1)); // without the token that cancels
          } catch (error) {
            return new rpc.ResponseError(error.code, error.message, error.data);
          }
        });
        connection.onNotification(name, (...words) => run(words));
      }
      connection.listen();
    })
    .listen(words[0]);
}

if (what === 'client') beClient();
else beServer();
