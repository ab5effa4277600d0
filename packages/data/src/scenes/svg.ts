import { colours, type Placement, type Scene, type SceneObject, type Shape } from './vocabulary';

/** Outlines in a box of ±1 around the origin, drawn to look equally large. */
const outlines: Record<Shape, string> = {
  circle: '<circle r="0.95"/>',
  square: '<rect x="-0.84" y="-0.84" width="1.68" height="1.68"/>',
  triangle: '<path d="M0,-1 L1,0.8 L-1,0.8 Z"/>',
  star: `<path d="${starPath(5, 1.05, 0.5)}"/>`,
  cross: '<path d="M-0.36,-1 H0.36 V-0.36 H1 V0.36 H0.36 V1 H-0.36 V0.36 H-1 V-0.36 H-0.36 Z"/>',
  heart:
    '<path d="M0,0.95 C-1.5,-0.15 -0.95,-1 -0.5,-0.92 C-0.2,-0.9 0,-0.65 0,-0.45 C0,-0.65 0.2,-0.9 0.5,-0.92 C0.95,-1 1.5,-0.15 0,0.95 Z"/>',
};

/**
 * The scene as a standalone SVG document of `size` × `size` pixels.
 *
 * @param size side in pixels, default 64
 */
export function sceneSvg(scene: Scene, size = 64): string {
  const [firstPlace, secondPlace] = scene.places;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 1 1">`,
    '<defs>',
    '<pattern id="striped" width="0.5" height="0.5" patternUnits="userSpaceOnUse">',
    '<rect width="0.5" height="0.22" fill="#fff"/></pattern>',
    '<pattern id="dotted" width="0.6" height="0.6" patternUnits="userSpaceOnUse">',
    '<circle cx="0.3" cy="0.3" r="0.18" fill="#fff"/></pattern>',
    '</defs>',
    `<rect width="1" height="1" fill="rgb(${scene.background.join(',')})"/>`,
    drawing(scene.first, firstPlace),
    drawing(scene.second, secondPlace),
    '</svg>',
  ].join('');
}

function drawing({ colour, texture, shape }: SceneObject, place: Placement): string {
  const outline = outlines[shape];
  const pattern = texture === 'solid' ? '' : `<g fill="url(#${texture})">${outline}</g>`;
  return (
    `<g transform="translate(${place.x} ${place.y}) rotate(${place.rotation}) scale(${place.radius})">` +
    `<g fill="${colours[colour]}">${outline}</g>${pattern}` +
    // The rim keeps the outline closed where the pattern meets the light background.
    `<g fill="none" stroke="${colours[colour]}" stroke-width="0.14">${outline}</g></g>`
  );
}

function starPath(points: number, outer: number, inner: number): string {
  const corners = Array.from({ length: points * 2 }, (_, i) => {
    const radius = i % 2 === 0 ? outer : inner;
    const angle = (Math.PI * i) / points;
    return `${(radius * Math.sin(angle)).toFixed(3)},${(-radius * Math.cos(angle)).toFixed(3)}`;
  });
  return `M${corners.join(' L')} Z`;
}
