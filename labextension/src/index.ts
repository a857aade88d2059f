import { notifications } from './plugins/notifications';
import { sidebar } from './plugins/sidebar';
import { status } from './plugins/status';

export default [sidebar, status, notifications];
