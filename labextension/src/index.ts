import { notifications } from './plugins/notifications';
import { server } from './plugins/server';
import { sidebar } from './plugins/sidebar';
import { status } from './plugins/status';
import { renderer } from './renderer';

export default [server, sidebar, status, notifications, renderer];
