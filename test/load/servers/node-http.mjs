import { createServer } from 'node:http';
import { address, answer } from './answer.mjs';

createServer((_request, response) => {
  const body = JSON.stringify(answer);
  response
    .writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    })
    .end(body);
}).listen(address.port, address.host);
