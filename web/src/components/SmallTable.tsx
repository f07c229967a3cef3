import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import type { Column } from './VirtualTable';

export type Rows<T> = { label: string; columns: Column<T>[]; rows: T[]; rowKey: (row: T) => string | number };

/** A table that renders all of its rows. For long lists use PagedTable. */
export function SmallTable<T>({ label, columns, rows, rowKey }: Rows<T>) {
  return (
    <div className="hf-scroll">
      <Table variant="compact" aria-label={label}>
        <Thead>
          <Tr>
            {columns.map((column) => (
              <Th key={column.title} modifier="wrap" screenReaderText={column.hiddenTitle ? column.title : undefined}>
                {column.hiddenTitle ? null : column.title}
              </Th>
            ))}
          </Tr>
        </Thead>
        <Tbody>
          {rows.map((row) => (
            <Tr key={rowKey(row)}>
              {columns.map((column) => (
                <Td key={column.title} dataLabel={column.title}>
                  {column.cell(row)}
                </Td>
              ))}
            </Tr>
          ))}
        </Tbody>
      </Table>
    </div>
  );
}
