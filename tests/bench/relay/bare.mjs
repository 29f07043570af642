// A WebSocket server that takes connections on the port it is given and does nothing with them.
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({
	host: '127.0.0.1',
	port: Number(process.argv[2]),
	perMessageDeflate: false,
});
server.once('listening', () => process.stdout.write('listening\n'));
process.on('SIGUSR2', () => globalThis.gc?.());
