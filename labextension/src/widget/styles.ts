import controls from '../../style/controls.css?inline';
import panel from '../../style/panel.css?inline';
import base from '../../style/base.css?inline';
import tokens from '../../style/tokens.css?inline';
import widget from '../../style/widget.css?inline';

/** All that the widget's shadow roots need. */
export const STYLES = [tokens, controls, panel, base, widget].join('\n');
