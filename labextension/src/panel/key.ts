import { LabIcon } from '@jupyterlab/ui-components';

import { SHAPES } from '../interaction/icons';

/** The key as the application's own icon, for the panel's tab; its lines take the colour that the theme gives to icons. */
export const keyIcon = new LabIcon({
  name: 'jupyter-token-broker:key',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16"><path class="jp-icon3" fill="none" stroke="#616161" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" d="${SHAPES.key}"/></svg>`
});
