export const NAME = 'rife:flownorm';
