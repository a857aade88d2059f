import { notifications } from './plugins/notifications';
import { sidebar } from './plugins/sidebar';
import { status } from './plugins/status';
import { renderer } from './renderer';

export default [sidebar, status, notifications, renderer];
