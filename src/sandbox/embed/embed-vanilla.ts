import { type Chart, type ChartProps, startChart } from './chart.ts';
import { createFrame } from './frame.ts';

/** The attributes of `<qlik-embed>` in camel case, and the host configuration made of those that concern it. */
interface EmbedProps {
  ui?: string | undefined;
  hostConfig?: ChartProps['hostConfig'] | undefined;
  appId?: string | undefined;
  objectId?: string | undefined;
  identity?: string | undefined;
  exposeRefApi?: (api: object) => void;
}

/** What `<qlik-embed>` holds of the user interface that it mounted. */
interface MountedComponent {
  /** New properties; called at each change of an attribute, also when none of them changed. */
  $set(props: EmbedProps): void;
  $destroy(): void;
}

const UI = 'analytics/chart';

/** Draws `ui="analytics/chart"` into the target. Any other `ui` shows that the sandbox has only this one. */
export function mountVanillaEmbedComponent(mount: {
  target: HTMLElement;
  props: EmbedProps;
}): MountedComponent {
  const frame = createFrame(mount.target);
  let shown: EmbedProps = {};
  let chart: Chart | undefined;

  function show(props: EmbedProps): void {
    const { ui, hostConfig, appId, objectId, identity } = props;
    if (same(shown, { ui, hostConfig, appId, objectId, identity })) return;
    shown = { ui, hostConfig, appId, objectId, identity };
    chart?.stop();
    chart = undefined;
    if (ui !== UI) frame.fail(`The sandbox shows ui="${UI}" only, not "${ui}".`);
    else if (!hostConfig || !appId || !objectId)
      frame.fail('The attributes app-id and object-id are needed.');
    else chart = startChart(frame, { hostConfig, appId, objectId, identity }, props.exposeRefApi);
  }

  show(mount.props);
  return {
    $set: show,
    $destroy() {
      chart?.stop();
      frame.remove();
    },
  };
}

function same(a: EmbedProps, b: EmbedProps): boolean {
  return JSON.stringify(a, functionsToo) === JSON.stringify(b, functionsToo);
}

function functionsToo(_key: string, value: unknown): unknown {
  return typeof value === 'function' ? String(value) : value;
}
