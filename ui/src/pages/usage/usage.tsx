export default function Soon(_: { id?: string }) { return null; }
