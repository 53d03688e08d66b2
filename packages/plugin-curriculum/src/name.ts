export const NAME = 'rife:curriculum';
