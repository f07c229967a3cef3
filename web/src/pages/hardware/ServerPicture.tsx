import { useTranslation } from 'react-i18next';
import type { HardwarePart, HardwareState } from '../../api/types';
import { KINDS, stateOf, worst } from './states';

const BAY = { width: 118, height: 40, columns: 4 };
const BOARD = { x: 502, width: 150, height: 28 };
const SUPPLY = { x: 664, width: 130, height: 56 };
const GAP = 6;
const EDGE = 14;
const ON_BOARD = ['raid-controller', 'write-cache', 'battery', 'array', 'fan', 'temperature', 'memory', 'event-log'];

type Box = {
  key: string;
  x: number;
  y: number;
  width: number;
  height: number;
  state: string;
  text: string;
  title: string;
};

function Part({ box }: { box: Box }) {
  const { x, y, width, height, state, text, title } = box;
  return (
    <svg role="img" aria-label={title} className={`hf-part hf-part-${state}`} {...{ x, y, width, height }}>
      <title>{title}</title>
      <rect width={width} height={height} rx={4} />
      <text x={8} y={height / 2} dominantBaseline="central" className="hf-part-symbol">
        {stateOf(state).symbol}
      </text>
      <text x={26} y={height / 2} dominantBaseline="central">
        {text}
      </text>
    </svg>
  );
}

const short = (text: string, most: number) => (text.length <= most ? text : `…${text.slice(1 - most)}`);

/** Disks in front, the board behind them, power supplies on the right; every part has a symbol and a label. */
export function ServerPicture({ hardware }: { hardware: HardwareState }) {
  const { t } = useTranslation();
  const name = (part: HardwarePart) => {
    const kind = t(KINDS[part.kind] ?? part.kind);
    return part.name === 'all' ? kind : `${kind} ${part.name}`;
  };
  const said = (part: HardwarePart) => `${name(part)}: ${t(stateOf(part.state).text)}`;
  const of = (kind: string) => hardware.parts.filter((part) => part.kind === kind);
  const bay = (index: number) => ({
    x: EDGE + (index % BAY.columns) * (BAY.width + 4),
    y: EDGE + Math.floor(index / BAY.columns) * (BAY.height + GAP),
    width: BAY.width,
    height: BAY.height,
  });
  const disks: Box[] = of('disk').map((part, index) => ({
    key: `disk ${part.name}`,
    ...bay(index),
    state: part.state,
    text: part.name === 'all' ? t('Disk') : short(part.name, 12),
    title: said(part),
  }));
  const empty = Array.from({ length: Math.max(0, hardware.bays - disks.length) }, (_, at) => bay(disks.length + at));
  const board: Box[] = ON_BOARD.filter((kind) => of(kind).length > 0).map((kind, index) => ({
    key: kind,
    x: BOARD.x,
    y: EDGE + index * (BOARD.height + GAP),
    width: BOARD.width,
    height: BOARD.height,
    state: worst(of(kind)),
    text: t(KINDS[kind] ?? kind),
    title: of(kind).map(said).join('; '),
  }));
  const supplies: Box[] = of('power-supply').map((part, index) => ({
    key: `supply ${part.name}`,
    x: SUPPLY.x,
    y: EDGE + index * (SUPPLY.height + GAP),
    width: SUPPLY.width,
    height: SUPPLY.height,
    state: part.state,
    text: part.name === 'all' ? t('Power supply') : short(part.name, 14),
    title: said(part),
  }));
  const boxes = [...disks, ...board, ...supplies];
  const least = hardware.heightUnits === 2 ? 240 : 120;
  const height = Math.max(least, ...boxes.map((box) => box.y + box.height + EDGE));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className="hf-scroll" tabIndex={0} aria-label={t('Picture of the server')}>
      <svg className="hf-server" viewBox={`0 0 808 ${height}`} role="group" aria-label={t('Picture of the server')}>
        <rect className="hf-chassis" x={2} y={2} width={804} height={height - 4} rx={8} />
        {empty.map((place) => (
          <rect key={`${place.x} ${place.y}`} className="hf-bay" {...place} rx={4} />
        ))}
        {boxes.map((box) => (
          <Part key={box.key} box={box} />
        ))}
      </svg>
    </section>
  );
}
