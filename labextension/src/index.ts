import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { renderer } from './renderer';

/**
 * The extension's first plugin. It takes its place in the application; the
 * sidebar will hang from it.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-token-broker:plugin',
  description: 'Sign-ins of the notebooks of this server.',
  autoStart: true,
  activate: () => undefined
};

export default [plugin, renderer];
